import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Label, Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import type { DeskConversation } from '../../channels/protocol.ts';
import type { Answer } from './api.ts';
import { useCell } from './cell.ts';
import { refusalWords } from './claim.tsx';
import { DeskDialog } from './dialog.tsx';
import { drafts } from './drafts.ts';
import { readAgain } from './server.ts';
import { words as all } from './words.ts';

type Choice = { value: string; name: string; hint: string };
type Props = {
  words: { title: string; hint: string; legend: string; none: string; choose: string; submit: string };
  chat: DeskConversation;
  isOpen: boolean;
  onClose: () => void;
  choices: readonly Choice[];
  /** Does it; null when the choice is not one of those offered any more. */
  act: (value: string) => Promise<Answer<void> | null>;
};

/** A dialog that asks for one choice, made on purpose: nothing is chosen beforehand. */
export function ChoiceDialog(props: Props) {
  return (
    <DeskDialog title={props.words.title} isOpen={props.isOpen} onClose={props.onClose}>
      <Choosing {...props} />
    </DeskDialog>
  );
}

function Choosing({ words, chat, onClose, choices, act }: Props) {
  const [value, setValue] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const [working, setWorking] = useState(false);
  const drafted = useCell(drafts).has(chat.id);

  async function submit() {
    if (working) return;
    if (value === null) return setProblem(words.choose);
    setWorking(true);
    setProblem('');
    const answer = await act(value);
    await readAgain(chat.id);
    setWorking(false);
    if (answer === null) setProblem(words.choose);
    else if (answer.kind === 'ok') onClose();
    else setProblem(answer.kind === 'lost' ? all.chat.actionLost : refusalWords(answer.refusal));
  }
  return (
    <>
      <p>{words.hint}</p>
      {drafted && <p className="caution">{all.leaving.draft}</p>}
      {choices.length === 0 ? <p>{words.none}</p> : <Choices {...{ words, choices, value, setValue }} />}
      <p role="alert" className="error">
        {problem}
      </p>
      <div className="buttons">
        {choices.length > 0 && (
          <Button className="primary" onPress={() => void submit()}>
            {words.submit}
          </Button>
        )}
        <Button onPress={onClose}>{all.app.cancel}</Button>
      </div>
    </>
  );
}

type ChoicesProps = Pick<Props, 'words' | 'choices'> & {
  value: string | null;
  setValue: (value: string) => void;
};

function Choices({ words, choices, value, setValue }: ChoicesProps) {
  return (
    <RadioGroup value={value} onChange={setValue} className="radios">
      <Label>{words.legend}</Label>
      {choices.map(choice => (
        <Radio key={choice.value} value={choice.value} className="radio">
          <span className="dot" aria-hidden="true" />
          <span>
            <span className="choice-name">{choice.name}</span>
            {choice.hint !== '' && <span className="hint">{choice.hint}</span>}
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}
