import assert from "node:assert/strict";
import { test } from "node:test";
import {
  add,
  compare,
  compareText,
  decimal,
  divideFloor,
  floorToStep,
  formatDecimal,
  groupThousands,
  isMultipleOf,
  multiply,
  parseDecimal,
  subtract,
  trimFraction,
  withScale,
} from "../../api/web/src/model/decimal";

test("a decimal keeps every digit of its text", () => {
  for (const text of [
    "0",
    "0.00",
    "25.50",
    "-1.05",
    "92233720368547758.07",
    "0.00000001",
    "123456789012345678901234567890.12345678",
  ])
    assert.equal(formatDecimal(decimal(text)), text);
});

test("text that is not a plain decimal is refused", () => {
  for (const text of ["", " 1", "1 ", "1e3", ".5", "5.", "1,000", "+1", "--1", "0x10", "NaN", "1.2.3", "١"])
    assert.equal(parseDecimal(text), null, text);
});

test("sums and products are exact where floating point is not", () => {
  assert.equal(formatDecimal(add(decimal("0.1"), decimal("0.2"))), "0.3");
  assert.equal(formatDecimal(subtract(decimal("1.00"), decimal("1.10"))), "-0.10");
  assert.equal(formatDecimal(multiply(decimal("1.005"), decimal("1000"))), "1005.000");
  assert.equal(
    formatDecimal(multiply(decimal("92233720368547758.07"), decimal("99999999.99999999"))),
    "9223372036854774884662796.3145224193",
  );
});

test("division and steps round down, never up", () => {
  assert.equal(formatDecimal(divideFloor(decimal("100"), decimal("3"), 2)), "33.33");
  assert.equal(formatDecimal(divideFloor(decimal("0.00000001"), decimal("1000000"), 2)), "0.00");
  assert.equal(formatDecimal(divideFloor(decimal("10.00"), decimal("0.003"), 0)), "3333");
  assert.equal(formatDecimal(floorToStep(decimal("25.549"), decimal("0.05"))), "25.50");
  assert.equal(formatDecimal(floorToStep(decimal("199"), decimal("10"))), "190");
  assert.equal(formatDecimal(withScale(decimal("25.559"), 2)), "25.55");
  assert.equal(formatDecimal(withScale(decimal("25.5"), 4)), "25.5000");
});

test("multiples are recognised at any scale", () => {
  assert.equal(isMultipleOf(decimal("25.5"), decimal("0.01")), true);
  assert.equal(isMultipleOf(decimal("25.505"), decimal("0.01")), false);
  assert.equal(isMultipleOf(decimal("30"), decimal("10")), true);
  assert.equal(isMultipleOf(decimal("30.000001"), decimal("10")), false);
});

test("comparison follows the number, not the text", () => {
  assert.equal(compare(decimal("9.5"), decimal("10.0")), -1);
  assert.equal(compare(decimal("1.50"), decimal("1.5")), 0);
  assert.equal(compareText("9.99", "10.00"), -1);
  assert.equal(compareText("10.01", "10.00"), 1);
  assert.equal(compareText("10.00", "10.00"), 0);
  assert.equal(compareText("100.0", "10.00"), 1);
  assert.equal(compareText("100", "99.9"), 1);
  assert.equal(compareText("09.50", "10.50"), -1);
  assert.equal(compareText("0.0001", "0.0010"), -1);
});

test("text comparison agrees with exact comparison on many pairs", () => {
  const texts = [
    "0.01",
    "0.10",
    "1.00",
    "1.01",
    "9.99",
    "10",
    "10.00",
    "10.1",
    "99.99",
    "100.00",
    "1000",
    "0100",
    "92233720368547758.07",
  ];
  for (const a of texts)
    for (const b of texts) assert.equal(compareText(a, b), compare(decimal(a), decimal(b)), `${a} ? ${b}`);
});

test("numbers are grouped and trimmed without changing their value", () => {
  assert.equal(groupThousands("1234567.8901"), "1,234,567.8901");
  assert.equal(groupThousands("999"), "999");
  assert.equal(groupThousands("-1000"), "-1,000");
  assert.equal(trimFraction("12.50000000", 2), "12.50");
  assert.equal(trimFraction("12.50000001", 2), "12.50000001");
  assert.equal(trimFraction("12.000", 0), "12");
  assert.equal(trimFraction("1200", 0), "1200");
});
