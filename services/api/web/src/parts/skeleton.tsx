const WIDTHS = ["100%", "92%", "97%", "60%", "98%", "85%", "94%", "70%", "99%", "50%"];

/** Where an answer will be: grey lines, at most ten. */
export function Skeleton({ lines }: { lines: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {WIDTHS.slice(0, lines).map((width) => (
        <span key={width} style={{ width }} />
      ))}
    </div>
  );
}
