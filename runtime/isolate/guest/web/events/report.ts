// Reports an uncaught exception: as an event at globalThis first, then to the owner of the isolate.
import type { GuestErrorReport, LostRejection } from '../../../../../sdk/protocol/guest-boot.ts'
import { define, promiseReject, promiseThen } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { enterRun } from '../base/request-context.ts'
import { requireArguments } from '../base/webidl.ts'
import { recallError } from '../console/stack-recall.ts'
import { ErrorEvent, PromiseRejectionEvent, trusted } from './event.ts'
import { checkDispatch, ListenerList } from './event-target.ts'

const globalListeners = new ListenerList()

/** addEventListener() and the related functions as properties of globalThis. */
export const globalTargetMethods = {
  addEventListener(type: unknown, listener: unknown, options?: unknown): void {
    requireArguments(arguments.length, 2, 'addEventListener()')
    globalListeners.add(type, listener, options)
  },
  removeEventListener(type: unknown, listener: unknown, options?: unknown): void {
    requireArguments(arguments.length, 2, 'removeEventListener()')
    globalListeners.remove(type, listener, options)
  },
  dispatchEvent(event: unknown): boolean {
    checkDispatch(event)
    return globalListeners.dispatch(event, globalThis)
  },
}

/** Reports an exception as the HTML standard requires. Never throws. */
export function reportException(error: unknown): void {
  const message = messageOf(error)
  const event = new ErrorEvent('error', { cancelable: true, error, message })
  if (globalListeners.dispatch(trusted(event), globalThis)) realm.onUnhandled(error)
}

/** Reports a rejected promise without a handler. Never throws. */
export function reportRejection(promise: object, reason: unknown): void {
  const event = new PromiseRejectionEvent('unhandledrejection', { cancelable: true, promise, reason })
  if (globalListeners.dispatch(trusted(event), globalThis)) realm.onUnhandled(reason)
}

/** Reports a rejection that the host noticed: the event has another promise, and the error was recalled. Never throws. */
export function reportLostRejection(lost: LostRejection): void {
  enterRun(lost.run)
  const reason = 'value' in lost ? lost.value : (recallError(lost.error.stack) ?? rebuild(lost.error))
  const promise = promiseReject(reason)
  promiseThen(promise, undefined, () => undefined) // Handled: reporting it must not be a rejection of its own
  reportRejection(promise, reason)
}

function rebuild({ name, message, stack }: GuestErrorReport): Error {
  const error = new (ERROR_CLASSES[name] ?? Error)(message)
  if (error.name !== name) define(error, 'name', name, false)
  define(error, 'stack', stack, false)
  return error
}

const ERROR_CLASSES: Readonly<Record<string, ErrorConstructor | undefined>> = Object.assign(
  Object.create(null),
  {
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  },
)

function messageOf(error: unknown): string {
  try {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return `Uncaught ${message}`.slice(0, 1024)
  } catch {
    return 'Uncaught exception' // The thrown value itself throws when it is read
  }
}
