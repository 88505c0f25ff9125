// Host calls about files, with outcomes as the exceptions that the File System standard names.

import type { FileFailure } from '../../../../../sdk/protocol/file-wire.ts'
import { type HostCall, HostError } from '../../env/host-calls.ts'
import { DOMException } from '../base/dom-exception.ts'

/** Names of the standard for what the host refuses or fails at. */
const NAMES: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  PERMISSION_DENIED: 'NotAllowedError',
  RELEASE_REPLACED: 'NotAllowedError',
  QUOTA_EXCEEDED: 'QuotaExceededError',
  HANDLE_CLOSED: 'InvalidStateError',
  FOLDER_GONE: 'NotFoundError',
  FOLDER_UNRESPONSIVE: 'NotReadableError',
  HOST_CALL_FAILED: 'NotReadableError',
})

export interface Answer {
  readonly head: unknown
  readonly body: Uint8Array | undefined
}

/** Rejects with a DOMException, whose `cause` is the host's error where there is one; with a TypeError for a name that is none. */
export async function ask(
  call: HostCall,
  method: string,
  args: readonly unknown[],
  body?: Uint8Array,
): Promise<Answer> {
  let answer: Answer
  try {
    answer = await call(method, args, body)
  } catch (error) {
    const name = error instanceof HostError ? NAMES[error.code] : undefined
    throw name === undefined ? error : new DOMException((error as HostError).message, { name, cause: error })
  }
  const { head } = answer
  if (typeof head !== 'object' || head === null || !('error' in head)) return answer
  const { error, message } = head as FileFailure
  throw error === 'TypeError' ? new TypeError(message) : new DOMException(message, error)
}
