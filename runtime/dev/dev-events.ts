// Options and events of `plugbay dev`: one event for everything that the terminal shows.

import type { Config } from '../config/config.ts'
import type { Problem } from '../errors.ts'
import type { Principal } from '../permissions/principal.ts'

/** One line of `plugbay dev --json`. */
export type DevEvent =
  | {
      readonly event: 'ready'
      readonly url: string
      readonly id: string
      /** The admin page with a one-time code: opening it signs in. */
      readonly adminUrl: string
      /** Where a debugger attaches: a WebSocket with the Chrome DevTools protocol. */
      readonly inspectUrl?: string
    }
  | {
      readonly event: 'swap'
      readonly version: string
      /** Time from the first change of a file until the new code serves. */
      readonly ms: number
      /** What changed, which decides what open pages do: apply `css` in place, or reload. */
      readonly change: Change
    }
  /** Problems of the last save; or of the serving backend, with the code GUEST_ERROR, in addition to its log line. */
  | { readonly event: 'problem'; readonly problems: readonly Problem[] }
  /** What the backend logs, errors included. */
  | {
      readonly event: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly stack?: string
    }

/** The difference between two releases. `first`: there was none before. */
export type Change = 'first' | 'css' | 'frontend' | 'backend'

export interface DevOptions {
  /** Default: the first free one from 3000. */
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** The visitor of pages and backend: null has not signed in. Default: one with every permission. */
  readonly visitor?: Principal | null
  /** Path of a module that fills a new plugin: see dev/seed.ts. */
  readonly seed?: string
  /** Forget what the plugin has stored, its settings and its releases. */
  readonly reset?: boolean
  /** Isolates can be debugged: at this port, or at the first free one from 9229. Then nothing has a deadline. */
  readonly inspect?: { readonly port?: number | undefined } | undefined
  /** Variables of the shell; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly onEvent: (event: DevEvent) => void
  /** Log level of the runtime's own log on standard error; default `warn`. */
  readonly logLevel?: Config['logLevel']
}

export interface DevServer {
  close(): Promise<void>
}
