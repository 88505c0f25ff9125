// Host calls whose outcomes are exceptions that a web standard names.

import { CallSite } from '../web/base/call-site.ts'
import { DOMException } from '../web/base/dom-exception.ts'
import { type HostCall, HostError } from './host-calls.ts'

export interface Answer {
  readonly head: unknown
  readonly body: Uint8Array | undefined
}

/** Instead of a result. */
interface Failure {
  readonly error: string
  readonly message: string
}

export type Ask = (
  call: HostCall,
  method: string,
  args: readonly unknown[],
  body?: Uint8Array,
) => Promise<Answer>

/**
 * Rejects with a DOMException, whose `cause` is the host's error where there is one; with a TypeError for an argument that is none.
 * @param names of the standard for what the host refuses or fails at, by the code of its error
 */
export function asking(names: Readonly<Record<string, string>>): Ask {
  const known: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), names)
  return async (call, method, args, body) => {
    const site = new CallSite()
    let answer: Answer
    try {
      answer = await call(method, args, body)
    } catch (error) {
      const name = error instanceof HostError ? known[error.code] : undefined
      throw name === undefined
        ? error
        : site.mark(new DOMException((error as HostError).message, { name, cause: error }))
    }
    const { head } = answer
    if (typeof head !== 'object' || head === null || !('error' in head)) return answer
    const { error, message } = head as Failure
    throw site.mark(error === 'TypeError' ? new TypeError(message) : new DOMException(message, error))
  }
}
