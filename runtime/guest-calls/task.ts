// The guest call of a task: one attempt to run it.

import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import type { TaskHead } from '../../sdk/protocol/task-wire.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget, type JsonCall } from './call-guest.ts'

export interface TaskCall {
  readonly head: TaskHead
  readonly user: GuestCallHead['user']
  /** Of a task that belongs to an action. */
  readonly action?: GuestCallHead['action']
  readonly folders?: JsonCall['folders']
  /** Far later than that of the task, which the caller watches. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/** Never rejects. */
export function callTask(
  target: GuestCallTarget,
  { head, user, action, folders, deadlineMs, signal }: TaskCall,
): Promise<GuestCallOutcome> {
  return callGuest(target, 'task.run', {
    handler: head.name,
    args: [head],
    user,
    ...(action !== undefined && { action }),
    ...(folders !== undefined && { folders }),
    requestId: taskRequestId(head.id),
    deadlineMs,
    signal,
  })
}

/** Labels the lines of a task in the log of its plugin. */
export function taskRequestId(id: string): string {
  return `task-${id.slice(0, 8)}`
}
