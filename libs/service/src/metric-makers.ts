// How a metric of Ursa is made: its prefix, its registry, and gauges that fall silent again.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type CounterOf<L> = { inc(labels: L, by?: number): void };
/** `zero` makes the series without a value, so that its first one is seen as a change. */
export type HistogramOf<L> = { observe(labels: L, value: number): void; zero(labels: L): void };
export type PlainGauge = { set(value: number): void; inc(by?: number): void; dec(by?: number): void };
/** Says nothing until it is set, and nothing again once it is cleared: what it was about has ended. */
export type PassingGauge<L> = { set(labels: L, value: number): void; clear(): void };

export type Makers = ReturnType<typeof makersFor>;

/** Every name gets the prefix `ursa_`. */
export function makersFor(registry: Registry) {
  const common = (name: string, help: string) => ({ name: `ursa_${name}`, help, registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ ...common(name, help), labelNames });
  return {
    gauge,
    counter: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ ...common(name, help), labelNames }),
    histogram: <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
      new Histogram({ ...common(name, help), labelNames, buckets }),
    passing<L extends string>(name: string, help: string, labelNames: L[] = []): PassingGauge<Record<L, string>> {
      const made: Gauge = gauge(name, help, labelNames);
      const clear = () => {
        made.reset();
        // A gauge without labels is reset to 0, which is a value too.
        if (labelNames.length === 0) made.remove();
      };
      clear();
      return { set: (labels, value) => made.set(labels, value), clear };
    },
  };
}
