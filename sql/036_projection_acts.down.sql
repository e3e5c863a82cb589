DROP TABLE projections.acts;
