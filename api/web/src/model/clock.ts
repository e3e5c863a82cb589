// Time as a parameter, so that tests decide when it passes.

export interface Clock {
  now: () => number; // milliseconds since the epoch, with fractions
  setTimeout: (action: () => void, ms: number) => number;
  clearTimeout: (timer: number) => void;
}

export const kRealClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (action, ms) => window.setTimeout(action, ms),
  clearTimeout: (timer) => window.clearTimeout(timer),
};
