// A few pixels of a picture as their numbers, and where in it they are.
import { useEffect, useRef, useState } from "react";

/** Pixels in a row of the patch, and rows: as many as a phone can show with three digits each. */
const SIDE = 6;
const SHOWN_WIDTH = 480;
const CHANNELS = ["red", "green", "blue"] as const;

export function PicturePatch({ picture }: { picture: ImageBitmap }) {
  const { width, height } = picture;
  const [place, setPlace] = useState({ row: 0.5, column: 0.5 });
  const [channel, setChannel] = useState(0);
  const [row, column] = [
    Math.round(place.row * Math.max(0, height - SIDE)),
    Math.round(place.column * Math.max(0, width - SIDE)),
  ];
  const pixels = pixelsOf(picture, { row, column });
  return (
    <div className="answer">
      <div>
        <Whole picture={picture} row={row} column={column} />
        <Slider
          id="patch-row"
          label={`From row ${row}`}
          value={place.row}
          onChange={(value) => setPlace({ ...place, row: value })}
        />
        <Slider
          id="patch-column"
          label={`From column ${column}`}
          value={place.column}
          onChange={(value) => setPlace({ ...place, column: value })}
        />
      </div>
      <div>
        <fieldset className="field">
          <legend>Channel</legend>
          {CHANNELS.map((name, at) => (
            <label key={name} className="inline">
              <input type="radio" name="channel" checked={at === channel} onChange={() => setChannel(at)} /> {name}
            </label>
          ))}
        </fieldset>
        <Patch pixels={pixels} channel={channel} />
      </div>
    </div>
  );
}

function Patch({ pixels, channel }: { pixels: Cell[][]; channel: number }) {
  return (
    <table className="pixels" aria-label={`How ${CHANNELS[channel]} each pixel is`}>
      <tbody>
        {pixels.map((cells) => (
          <tr key={cells[0]?.key}>
            {cells.map(({ key, pixel }) => (
              <td key={key} style={coloursOf(pixel)}>
                {pixel[channel]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Pixel = readonly [red: number, green: number, blue: number];
type Cell = { key: string; pixel: Pixel };

/** The picture's own numbers: drawn in its size, nothing is mixed. */
function pixelsOf(picture: ImageBitmap, { row, column }: { row: number; column: number }): Cell[][] {
  const [across, down] = [Math.min(SIDE, picture.width), Math.min(SIDE, picture.height)];
  const context = new OffscreenCanvas(across, down).getContext("2d");
  context?.drawImage(picture, column, row, across, down, 0, 0, across, down);
  const data = context?.getImageData(0, 0, across, down).data ?? [];
  const pixel = (at: number): Pixel => [data[4 * at] ?? 0, data[4 * at + 1] ?? 0, data[4 * at + 2] ?? 0];
  return Array.from({ length: down }, (_, y) =>
    Array.from({ length: across }, (_, x) => ({ key: `${y} ${x}`, pixel: pixel(y * across + x) })),
  );
}

/** The pixel's colour, and black or white on it, whichever is read more easily (WCAG's relative luminance). */
function coloursOf(pixel: Pixel) {
  const [red = 0, green = 0, blue = 0] = pixel.map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return { background: `rgb(${pixel.join(" ")})`, color: luminance > 0.179 ? "#000" : "#fff" };
}

function Whole({ picture, row, column }: { picture: ImageBitmap; row: number; column: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = Math.min(1, SHOWN_WIDTH / picture.width);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
    // Two colours, so that it is seen on any picture; not smaller than can be seen.
    const side = Math.max(SIDE * scale, 10);
    for (const [colour, width] of [
      ["#000", 4],
      ["#fff", 2],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect((column + SIDE / 2) * scale - side / 2, (row + SIDE / 2) * scale - side / 2, side, side);
    }
  }, [picture, row, column, scale]);
  const size = { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
  return (
    <canvas
      ref={canvas}
      className="whole"
      {...size}
      role="img"
      aria-label="The picture, with the pixels beside marked"
    />
  );
}

type SliderProps = { id: string; label: string; value: number; onChange(value: number): void };

const Slider = ({ id, label, value, onChange }: SliderProps) => (
  <div className="field slider">
    <label htmlFor={id}>{label}</label>
    <input
      id={id}
      type="range"
      min={0}
      max={1}
      step={0.01}
      value={value}
      onChange={({ target }) => onChange(Number(target.value))}
    />
  </div>
);
