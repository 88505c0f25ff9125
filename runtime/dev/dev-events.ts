// What `plugbay dev` is told and what it tells: one event for everything that a person at the terminal wants to see.

import type { Config } from '../config/config.ts'
import type { Problem } from '../errors.ts'

/** One line of `plugbay dev --json`. */
export type DevEvent =
  | { readonly event: 'ready'; readonly url: string; readonly id: string }
  | {
      readonly event: 'swap'
      readonly version: string
      /** From the first change of a file to the new code serving. */
      readonly ms: number
      /** What changed, and so what open pages do: `css` is applied in place, the others load the page again. */
      readonly change: Change
    }
  /** Of the last save; or of the backend that serves, with the code GUEST_ERROR, beside the line of its log. */
  | { readonly event: 'problem'; readonly problems: readonly Problem[] }
  /** What the backend logs, and what goes wrong in it. */
  | {
      readonly event: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly stack?: string
    }

/** What differs between two releases. `first`: there was nothing before. */
export type Change = 'first' | 'css' | 'frontend' | 'backend'

export interface DevOptions {
  /** Default: the first free one from 3000. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  readonly onEvent: (event: DevEvent) => void
  /** Of the runtime's own log on standard error; default `warn`. */
  readonly logLevel?: Config['logLevel']
}

export interface DevServer {
  close(): Promise<void>
}
