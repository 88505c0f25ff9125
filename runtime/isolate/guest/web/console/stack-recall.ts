// Finds the original error for the copy that isolated-vm reports after a run: the copy lacks its class, cause and aggregated
// errors. V8 calls Error.prepareStackTrace when a stack is first read, which making the copy does.
// Invariant: stacks read as they would without it, and no error is kept alive.
import { pluginLines } from '../../../plugin-lines.ts'
import { apply, define } from '../base/primordials.ts'

const SIZE = 64
/** Longer stacks are not worth their memory. */
const MAX_STACK = 20_000

interface Remembered {
  readonly stack: string
  readonly error: WeakRef<object>
}

const BaseWeakRef = WeakRef
const deref = WeakRef.prototype.deref
const errorToString = Error.prototype.toString
const ring: (Remembered | undefined)[] = new Array(SIZE).fill(undefined)
const cell = { next: 0 }

/** Call it once, before any plugin code. If a plugin replaces what it installs, only copies are available. */
export function rememberStacks(): void {
  define(Error, 'prepareStackTrace', prepareStackTrace, false)
}

function prepareStackTrace(error: object, frames: readonly unknown[]): string {
  let stack = headerOf(error)
  for (let index = 0; index < frames.length; index++) stack += `\n    at ${frameText(frames[index])}`
  if (stack.length <= MAX_STACK)
    ring[cell.next++ % SIZE] = { stack: pluginLines(stack), error: new BaseWeakRef(error) }
  return stack
}

/** The error from which a copy with this stack was made. */
export function recallError(stack: string): object | undefined {
  for (let back = 1; back <= SIZE; back++) {
    const remembered = ring[(cell.next - back + SIZE * 2) % SIZE]
    if (remembered === undefined) return undefined
    if (remembered.stack === stack) return apply(deref, remembered.error, []) as object | undefined
  }
  return undefined
}

function headerOf(error: object): string {
  try {
    return apply(errorToString, error, []) as string
  } catch {
    return '<error>' // V8's own text when a name or message cannot be read
  }
}

function frameText(frame: unknown): string {
  try {
    return `${frame}`
  } catch {
    return '<error>' // A plugin broke the class of frames
  }
}
