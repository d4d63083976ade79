import { type DeskConversation, OUTCOMES } from '../../channels/protocol.ts';
import { api } from './api.ts';
import { ChoiceDialog } from './choice-dialog.tsx';
import { words } from './words.ts';

const choices = OUTCOMES.map(outcome => ({ value: outcome, ...words.outcome[outcome] }));

type Props = { chat: DeskConversation; isOpen: boolean; onClose: () => void };

/** Ends the chat with the outcome that the worker chooses. */
export function CloseDialog({ chat, isOpen, onClose }: Props) {
  return (
    <ChoiceDialog
      words={{ ...words.closing, none: '' }}
      chat={chat}
      isOpen={isOpen}
      onClose={onClose}
      choices={choices}
      act={async value => {
        const outcome = OUTCOMES.find(known => known === value);
        return outcome === undefined ? null : api.close(chat.id, { epoch: chat.epoch, outcome });
      }}
    />
  );
}
