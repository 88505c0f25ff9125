// What the pages of sign-in need of the rest of the runtime, and what they share, whatever base path they are served below.

import type { Store } from '../../../plugin-store/store.ts'
import type { Config } from '../../config/config.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import type { Menus } from '../../contributions/menus.ts'
import type { Points } from '../../host/points.ts'
import type { Languages } from '../../languages/languages.ts'
import type { Log } from '../../log.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import type { CookieConfig } from '../identity/own-cookie.ts'
import type { AttemptBudget } from './attempt-budget.ts'
import type { FailureJournal } from './failure-journal.ts'
import type { Passwords, ScryptCost } from './password-hash.ts'
import type { PasswordQueue } from './password-queue.ts'
import type { ReadersWords } from './words/words.ts'

export interface SignInServices {
  readonly config: CookieConfig & Pick<Config, 'signIn'>
  readonly store: Pick<Store, 'principals' | 'audit'>
  readonly authenticator: Pick<Authenticator, 'onPage'>
  readonly live: Pick<LivePlugins, 'current'>
  readonly menus: Pick<Menus, 'items'>
  readonly points: Pick<Points, 'list'>
  readonly languages: Languages
  readonly log: Log
  /** Of new passwords. */
  readonly passwordCost?: ScryptCost | undefined
}

export interface SignInParts extends SignInServices {
  readonly budget: AttemptBudget
  readonly queue: PasswordQueue
  readonly journal: FailureJournal
  readonly passwords: Passwords
  readonly wordsFor: (acceptLanguage: string | undefined) => ReadersWords
}

/** A request to one of the pages. */
export interface Visit {
  readonly request: Request
  readonly peer: string | undefined
  readonly words: ReadersWords
  /** "" or "/tools". */
  readonly basePath: string
  readonly query: URLSearchParams
}

export type PageHandler = (visit: Visit) => Promise<Response>
