// Pictures that a network gets little out of, whatever they show. The limits are far from what photographs are: of 282 of bears
// none crosses one (bench/results.md).
import type { Suspicion } from "@ursa/contracts/suspect";
import type { InspectedPicture } from "./findings.ts";

export type Flaw = { suspicion: Extract<Suspicion, "tiny" | "blurry" | "dark" | "odd_aspect">; says: string };

/** Pixels of the shorter side: half of what the network sees. */
const TINY = 112;
/** Variance of the Laplacian: a sharp photograph blurred by two pixels of 288 has less. */
const BLURRY = 50;
/** And less than this share of the dataset's median: drawings and scans have little of it without being blurred. */
const BLURRY_SHARE = 0.2;
/** Luma in [0, 1] that 99 % of the pixels stay below. */
const DARK = 0.35;
/** The longer side by the shorter: of more, the network sees less than a third. */
const ODD_ASPECT = 3;

/** @param usual the dataset's median sharpness */
export function flawsOf({ width, height, sharpness, brightest }: InspectedPicture, usual: number): Flaw[] {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const size = `${width} x ${height} pixels`;
  const flaws: (Flaw | false)[] = [
    short < TINY && { suspicion: "tiny", says: `only ${size}: it is enlarged until it is all blur` },
    sharpness < BLURRY &&
      sharpness < BLURRY_SHARE * usual && {
        suspicion: "blurry",
        says: `blurred: its sharpness is ${sharpness.toFixed(0)}, where half of the pictures have ${usual.toFixed(0)} or more`,
      },
    brightest < DARK && {
      suspicion: "dark",
      says: `dark: 99 % of its pixels are below ${Math.max(1, Math.round(100 * brightest))} % of white`,
    },
    long > ODD_ASPECT * short && {
      suspicion: "odd_aspect",
      says: `${size}: of so long a shape the network sees only the middle`,
    },
  ];
  return flaws.filter((flaw) => flaw !== false);
}
