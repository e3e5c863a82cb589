// What the toy exchange is made of: its securities, a seeded generator, numbers and problems as the API writes them.

export const kSecurities = [
  {
    symbol: "ACME",
    name: "Acme Rocket Works",
    currency: "USD",
    price_scale: 2,
    quantity_scale: 0,
    tick_size: "0.01",
    lot_size: "1",
    start: 2550,
    spread: 2,
    size: 400,
  },
  {
    symbol: "OAKS",
    name: "Oak Street Robotics",
    currency: "USD",
    price_scale: 2,
    quantity_scale: 0,
    tick_size: "0.05",
    lot_size: "10",
    start: 184_20,
    spread: 10,
    size: 90,
  },
  {
    symbol: "HELI",
    name: "Helios Fusion",
    currency: "USD",
    price_scale: 4,
    quantity_scale: 3,
    tick_size: "0.0001",
    lot_size: "0.001",
    start: 31_204,
    spread: 8,
    size: 900_000,
  },
  {
    symbol: "NORD",
    name: "Nordlicht Bio Series C",
    currency: "USD",
    price_scale: 2,
    quantity_scale: 0,
    tick_size: "0.50",
    lot_size: "1",
    start: 1_204_50,
    spread: 100,
    size: 12,
  },
];

// mulberry32: the same market in every run.
export function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function format(units, scale) {
  const digits = String(units).padStart(scale + 1, "0");
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function parse(text, scale) {
  if (!/^\d+(\.\d+)?$/.test(text ?? "")) return null;
  const [whole, fraction = ""] = text.split(".");
  return fraction.length > scale ? null : Number(whole + fraction.padEnd(scale, "0"));
}

export const timestamp = (ms = Date.now()) => new Date(ms).toISOString().replace("Z", "000Z");

export function problem(status, code, detail, pointer = null) {
  const errors = pointer === null ? [] : [{ pointer, code, limit: null, actual: null }];
  return {
    problem: {
      type: `/v1/errors#${code}`,
      title: code.replaceAll("_", " "),
      status,
      detail,
      instance: null,
      code,
      request_id: "fake",
      event_seq: null,
      execution: "not_executed",
      retryable: false,
      retry_after_ms: null,
      errors,
      message: detail,
    },
  };
}

export function crc32(text) {
  let crc = ~0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
