import { Button } from 'react-aria-components/Button';
import type { Texting } from '../../channels/protocol.ts';
import { refusalWords } from './claim.tsx';
import type { Draft } from './drafts.ts';
import { words } from './words.ts';

const w = words.composer;

type Props = {
  returned: NonNullable<Draft['returned']>;
  texting: Texting | null;
  /** Sends what is in the box although texting is not known to be safe; null when that is not possible. */
  onAnyway: (() => void) | null;
  onNeutral: (() => void) | null;
};

/** Why words came back into the box, and what can be done about it. */
export function Returned({ returned, texting, onAnyway, onNeutral }: Props) {
  const { why } = returned;
  const unsafe = why !== 'tookBack' && why.error === 'notSafeToText';
  // After STOP there is nothing to confirm: no text can go, whoever asks.
  const stopped = texting?.may === false && texting.why === 'stopped';
  return (
    <div className="returned" role="alert">
      {why === 'tookBack' ? (
        <p>{words.chat.tookBack}</p>
      ) : (
        <p>
          <b>{returned.words === '' ? w.neutralNotSent : w.notSent}</b> {refusalWords(why)}
        </p>
      )}
      {unsafe && !stopped && (
        <div className="buttons">
          {onAnyway !== null && <Button onPress={onAnyway}>{w.anyway}</Button>}
          {onNeutral !== null && <Button onPress={onNeutral}>{w.neutral}</Button>}
        </div>
      )}
    </div>
  );
}
