import { keepKey } from "../session.ts";
import { isKeyProblem, wordsOf } from "./problem-words.ts";

type Props = { problem: unknown; onRetry?: (() => void) | undefined };

/** A refusal in words, with its remedy. */
export function ErrorNote({ problem, onRetry }: Props) {
  const { title, details, remedy, code } = wordsOf(problem);
  return (
    <div className="note fault" role="alert">
      <p>{title}</p>
      {details.length > 0 ? (
        <ul>
          {details.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      ) : null}
      {remedy ? <p>{remedy}</p> : null}
      <p className="actions">
        {onRetry ? (
          <button type="button" className="second" onClick={onRetry}>
            Try again
          </button>
        ) : null}
        {isKeyProblem(problem) && onRetry ? (
          <button type="button" className="second" onClick={enterAnotherKey}>
            Enter another key
          </button>
        ) : null}
        {code ? <a href={`docs#${code}`}>{code}</a> : null}
      </p>
    </div>
  );
}

function enterAnotherKey(): void {
  keepKey(undefined);
  location.reload();
}
