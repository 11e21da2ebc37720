// Living bears around the origin, about 240 wide: walking in profile (to the left), or the face alone.
import { ellipse, fur, type Hsl, hsl, lighter, type Point, smoothOutline } from "./drawn-shape.ts";
import type { SeededRandom } from "./seeded-random.ts";

export type LivingKind = "black" | "grizzly";

type Traits = {
  coat: Hsl;
  muzzle: Hsl;
  /** How far the shoulders stand above the back. */
  hump: number;
  /** How much higher the rump is than the back. */
  rump: number;
  ear: { length: number; width: number };
  /** 0 is a straight profile from brow to nose, 1 a deep dish. */
  dish: number;
  faceWidth: number;
  claws: number;
};

function traitsOf(kind: LivingKind, random: SeededRandom): Traits {
  const isRare = random.chance(0.15);
  if (kind === "black") {
    // One in seven is a cinnamon bear.
    const coat: Hsl = isRare
      ? [random.between(18, 28), random.between(35, 50), random.between(24, 32)]
      : [random.between(200, 260), random.between(0, 12), random.between(7, 17)];
    return {
      coat,
      muzzle: [32, random.between(25, 45), random.between(38, 55)],
      ...{ hump: random.between(-4, 3), rump: random.between(6, 14) },
      ear: { length: random.between(17, 23), width: random.between(9, 12) },
      ...{ dish: random.between(0, 0.15), faceWidth: random.between(50, 56), claws: 3 },
    };
  }
  const coat: Hsl = [
    random.between(22, 40),
    random.between(25, 50),
    isRare ? random.between(15, 21) : random.between(27, 52),
  ];
  return {
    coat,
    muzzle: lighter(coat, random.between(-6, 9)),
    ...{ hump: random.between(16, 28), rump: random.between(-10, -2) },
    ear: { length: random.between(9, 13), width: random.between(11, 14) },
    ...{ dish: random.between(0.6, 1), faceWidth: random.between(64, 74), claws: 9 },
  };
}

export function drawAnimal(kind: LivingKind, random: SeededRandom): string {
  const traits = traitsOf(kind, random);
  const { coat, hump, rump } = traits;
  const drop = random.between(-18, 32);
  const body = smoothOutline(
    [
      [-82, -26 + drop * 0.4],
      [-48, -52 - hump],
      [-5, -48 - hump * 0.25],
      [45, -48 - rump * 0.5],
      [88, -42 - rump],
      [112, -5],
      [98, 34],
      [10, 42],
      [-62, 38],
      [-88, 12],
    ],
    random,
  );
  const stride = random.between(-14, 14);
  const farLegs = drawLeg([-42, 26], -stride, traits, -7) + drawLeg([66, 26], stride, traits, -7);
  const nearLegs = drawLeg([-60, 22], stride, traits, 0) + drawLeg([86, 20], -stride, traits, 0);
  return `${farLegs}${nearLegs}<path id="body" d="${body}" fill="${hsl(coat)}"/>
    <clipPath id="coat"><path d="${body}"/></clipPath>
    <path clip-path="url(#coat)" d="${fur(random, [10, -10], [110, 60], 130)}" stroke="${hsl(lighter(coat, kind === "grizzly" ? 14 : 7))}" fill="none"/>
    <g transform="translate(-100 ${(-30 + drop).toFixed(0)}) rotate(${random.between(-14, 14).toFixed(0)})">${drawProfile(traits, random)}</g>`;
}

function drawLeg([x, y]: Point, swing: number, { coat, claws }: Traits, shade: number): string {
  const [foot, ground] = [x + swing, y + 62];
  const leg = `M${x - 20} ${y - 8}L${x + 20} ${y - 8}L${foot + 12} ${ground}L${foot - 22} ${ground}Q${foot - 24} ${ground - 12} ${foot - 12} ${ground - 14}Z`;
  const claw = [0, 5, 10].map((at) => `M${foot - 22 + at} ${ground - 2}l${-claws} 3`).join("");
  return `<path d="${leg}" fill="${hsl(lighter(coat, shade))}"/>
    <path d="${claw}" stroke="${claws > 5 ? "#d9cba8" : "#222"}" stroke-width="2"/>`;
}

function drawProfile({ coat, muzzle, ear, dish }: Traits, random: SeededRandom): string {
  const skull = smoothOutline(
    [
      [22, -26],
      [-4, -30],
      [-24, -20],
      [-34, -8 + dish * 9],
      [-56, -6 - dish * 3],
      [-62, 6],
      [-40, 16],
      [0, 24],
      [26, 16],
    ],
    random,
    1.5,
  );
  return `${ellipse([8, -28 - ear.length * 0.5], [ear.width * 0.8, ear.length], hsl(lighter(coat, -3)))}
    <path d="${skull}" fill="${hsl(coat)}"/>
    ${ellipse([-46, 4], [17, 11], hsl(muzzle))}${ellipse([-60, 0], [6, 5], "#15100e")}
    ${ellipse([-22, -10], [3, 3], "#0b0908")}${ellipse([-23, -11], [1, 1], "#fff")}
    <path d="M-58 10Q-44 15 -34 10" stroke="#1a1412" stroke-width="1.5" fill="none"/>`;
}

export function drawFace(kind: LivingKind, random: SeededRandom): string {
  const { coat, muzzle, ear, faceWidth, dish } = traitsOf(kind, random);
  const ruff = smoothOutline(
    [
      [0, -62],
      [faceWidth * 0.8, -42],
      [faceWidth, 5],
      [faceWidth * 0.7, 52],
      [0, 70],
      [-faceWidth * 0.7, 52],
      [-faceWidth, 5],
      [-faceWidth * 0.8, -42],
    ],
    random,
    4,
  );
  const ears = [-1, 1].map((side) => {
    const at: Point = [side * faceWidth * 0.72, -50 - ear.length * 0.5];
    const inside = ellipse(at, [ear.width * 0.8, ear.length * 0.7], hsl(lighter(coat, -6)));
    return ellipse(at, [ear.width * 1.5, ear.length * 1.3], hsl(lighter(coat, 2))) + inside;
  });
  const eyes = [-1, 1].map((side) => ellipse([side * (faceWidth * 0.36), -14], [4.5, 4.5], "#0c0908")).join("");
  const body = ellipse([random.between(-12, 12), 120], [faceWidth * 1.7, 90], hsl(lighter(coat, -3)));
  return `${body}${ears.join("")}<path d="${ruff}" fill="${hsl(coat)}"/>
    <clipPath id="coat"><path d="${ruff}"/></clipPath>
    <path clip-path="url(#coat)" d="${fur(random, [0, 0], [75, 70], 110)}" stroke="${hsl(lighter(coat, kind === "grizzly" ? 13 : 7))}" fill="none"/>
    ${eyes}${ellipse([0, 24], [21 + dish * 6, 27 - dish * 4], hsl(muzzle))}${ellipse([0, 10], [11, 8], "#14100f")}
    <path d="M0 18V32M-12 38Q0 30 12 38" stroke="#1a1412" stroke-width="2.5" fill="none"/>`;
}
