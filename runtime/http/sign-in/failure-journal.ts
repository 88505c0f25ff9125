// Refused sign-ins in the audit log. Strangers decide how many there are, so those beyond a number are counted only.
// Invariant: no sign-in is answered differently because the log cannot be written.

import type { AuditLog } from '../../../plugin-store/store.ts'
import type { Log } from '../../log.ts'

export interface Refusal {
  readonly by: 'password' | 'oidc' | 'link'
  readonly reason: string
  readonly address: string
  /** null: no user, or none that is known. */
  readonly user: { readonly id: string; readonly name: string } | null
}

const WINDOW_MS = 600_000
const MAX_ROWS = 60
/** The subject of what concerns no user. A name that is none may be a password, typed into the wrong field: it is not kept. */
const NOBODY = 'unknown'

export class FailureJournal {
  readonly #audit: Pick<AuditLog, 'append'>
  readonly #log: Pick<Log, 'warn'>
  readonly #now: () => number
  #until = 0
  #rows = 0
  #unrecorded = 0

  constructor(audit: Pick<AuditLog, 'append'>, log: Pick<Log, 'warn'>, now: () => number = Date.now) {
    this.#audit = audit
    this.#log = log
    this.#now = now
  }

  async record({ user, ...facts }: Refusal): Promise<void> {
    if (this.#now() >= this.#until) {
      this.#until = this.#now() + WINDOW_MS
      this.#rows = 0
    }
    if (this.#rows >= MAX_ROWS) {
      if (this.#unrecorded === 0)
        this.#log.warn(facts, 'many sign-ins are refused: further ones are counted only')
      this.#unrecorded += 1
      return
    }
    this.#rows += 1
    const unrecorded = this.#unrecorded
    this.#unrecorded = 0
    const detail = {
      ...facts,
      ...(user !== null && { name: user.name }),
      ...(unrecorded > 0 && { unrecordedBefore: unrecorded }),
    }
    try {
      await this.#audit.append(user?.id ?? NOBODY, { actor: 'anonymous', action: 'session.refuse', detail })
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'a refused sign-in could not be recorded')
    }
  }
}
