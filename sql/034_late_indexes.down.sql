DROP FUNCTION projections.add_late_indexes(text, text, text);
DROP FUNCTION projections.drop_late_indexes(text, text[], text[]);
