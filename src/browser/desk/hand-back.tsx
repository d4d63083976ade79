import type { DeskConversation } from '../../channels/protocol.ts';
import { api } from './api.ts';
import { ChoiceDialog } from './choice-dialog.tsx';
import { words } from './words.ts';

const w = words.handBack;

type Props = { chat: DeskConversation; isOpen: boolean; onClose: () => void };

/** Gives the chat back to the bot, at a step that the worker chooses. */
export function HandBackDialog({ chat, isOpen, onClose }: Props) {
  const choices = chat.handBackTo.map((place, index) => ({
    value: String(index),
    name: place.label,
    hint: '',
  }));
  return (
    <ChoiceDialog
      words={w}
      chat={chat}
      isOpen={isOpen}
      onClose={onClose}
      choices={choices}
      act={async value => {
        const place = chat.handBackTo[Number(value)];
        if (place === undefined) return null;
        return api.handBack(chat.id, { epoch: chat.epoch, flow: place.flow, step: place.step });
      }}
    />
  );
}
