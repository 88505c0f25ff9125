// Where a plugin made a host call. An error is made when the host's answer arrives: its own stack would name no line of the plugin.
// Invariant: only a failure reads the frames; until then V8 keeps them as they are, without a text.

interface V8Error {
  stackTraceLimit: number
  captureStackTrace(target: object, above: unknown): void
}

const { captureStackTrace } = Error as unknown as V8Error
const { Error: BaseError } = globalThis
const { defineProperty } = Object
/** Frames that are read: those of the guest lie between an author's line and a deep call. */
const MAX_FRAMES = 30
/** Each place of a plugin has it. */
const PLUGIN = 'plugin:///'

/** A plugin may choose another limit for its own. */
export function setMaxFrames(): void {
  const target = BaseError as unknown as V8Error
  target.stackTraceLimit = MAX_FRAMES
}

export class CallSite {
  /** Made by V8 when it is read. */
  declare readonly stack: unknown

  constructor() {
    captureStackTrace(this, CallSite)
  }

  /** Gives an error that names no place of the plugin the frames of the call. */
  mark<Thrown>(error: Thrown): Thrown {
    if (!(error instanceof BaseError) || isPlaced(error.stack)) return error
    const { stack } = this
    // The plugin may make something else of stacks, by Error.prepareStackTrace.
    if (!isPlaced(stack)) return error
    const value = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`
    return defineProperty(error, 'stack', { value, writable: true, configurable: true, enumerable: false })
  }

  /** The promise; when it rejects, with a marked error. */
  async marking<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await promise
    } catch (error) {
      throw this.mark(error)
    }
  }
}

function isPlaced(stack: unknown): stack is string {
  return typeof stack === 'string' && stack.includes(PLUGIN)
}
