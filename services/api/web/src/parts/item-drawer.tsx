import { type ReactNode, useEffect, useRef } from "react";

type Props = {
  /** The key of the item that is shown. */
  item: string;
  onStep?: ((by: number) => void) | undefined;
  onClose(): void;
  children: ReactNode;
};

/** Beside the page, over it: one item, and the way to the ones before and after it. */
export function ItemDrawer({ item, onStep, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const onKeyDown = ({ key, target }: React.KeyboardEvent) => {
    // In a list the arrows choose.
    if (target instanceof HTMLSelectElement) return;
    if (key === "ArrowLeft") onStep?.(-1);
    if (key === "ArrowRight") onStep?.(1);
  };
  return (
    <dialog ref={dialog} className="drawer" aria-label={`Item ${item}`} onClose={onClose} onKeyDown={onKeyDown}>
      <p className="actions">
        {onStep ? (
          <>
            <button type="button" className="second" onClick={() => onStep(-1)}>
              ← Previous
            </button>
            <button type="button" className="second" onClick={() => onStep(1)}>
              Next →
            </button>
          </>
        ) : null}
        <button type="button" className="second" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </p>
      {children}
    </dialog>
  );
}
