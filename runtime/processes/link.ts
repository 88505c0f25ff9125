// The connection to a child: the process, the channel of slot 0, and a budget for frames without effect.
// Invariant: a frame that no honest child sends ends the process, whichever kind it is.

import { Channel } from '../../sdk/protocol/channel.ts'
import { Child, type ChildOptions } from './child.ts'
import { IgnoredFrameBudget } from './ignored-frame-budget.ts'

export interface LinkOptions extends Omit<ChildOptions, 'onFrame'> {
  /** Events on the channel; none is expected by default. */
  readonly onEvent?: (head: string, body: Uint8Array | undefined) => void
  /** Frames of other slots; none are expected by default. */
  readonly onSlotFrame?: ChildOptions['onFrame']
  /** Called when the child breaks the protocol. `Child.refuse` by default. */
  readonly refuse?: (reason: string) => void
}

export interface Link {
  readonly child: Child
  readonly channel: Channel
  /** Counts frames without effect: a flood of them ends the child. */
  ignored(frames?: number): void
}

/** Starts the child. Its first messages are not lost: a socket is read in a later turn of the event loop. */
export function connect(options: LinkOptions): Link {
  const { name, onEvent, onSlotFrame, refuse = (reason: string) => child.refuse(reason) } = options
  const junk = new IgnoredFrameBudget()
  const ignored = (frames = 1): void => {
    if (!junk.spend(frames)) refuse('flood of frames without effect')
  }
  const child = new Child({
    ...options,
    onFrame: (kind, slot, id, head, body) => {
      if (slot === 0) {
        if (!channel.receive(kind, id, head, body)) refuse('malformed frame on the channel')
      } else if (onSlotFrame === undefined) refuse('a frame for a slot')
      else onSlotFrame(kind, slot, id, head, body)
    },
  })
  const channel = new Channel((kind, id, head, body) => child.send(kind, 0, id, head, body), {
    call: () => refuse(`a call of the ${name} process`),
    event: onEvent ?? (() => refuse(`an event of the ${name} process`)),
    ignored,
  })
  return { child, channel, ignored }
}
