// Preloaded into a process whose clock is to be wrong by CHAOS_SKEW_MS: dates shift, timers and performance.now() do not, as on a machine
// whose clock was set badly.
const skew = Number(process.env.CHAOS_SKEW_MS ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + skew);
    else super(...parts);
  }
  static now() {
    return RealDate.now() + skew;
  }
};
