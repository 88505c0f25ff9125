// One-time tickets: the shell requests one and puts it into the URL of a gated page.
// Invariant: a ticket opens one page of one plugin once, within a minute and while its user stands; only its hash is kept.

import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from '../../permissions/principal.ts'
import type { Revocations } from '../../permissions/revocations.ts'

const LIFETIME_MS = 60_000
const MAX_TICKETS = 10_000
/** More of them end the oldest of the same user. */
const MAX_TICKETS_PER_USER = 20

/** The query parameter that holds the ticket. */
export const TICKET_PARAMETER = 'plugbay-ticket'

export interface Tickets {
  /** 192 random bits, base64url. */
  issue(pluginId: string, user: Principal): string
  /**
   * The user it was issued for; undefined for an unknown, used or expired one, one of another plugin, or one whose user has
   * ended. It is used up in any case.
   */
  consume(ticket: string, pluginId: string): Principal | undefined
}

interface Issued {
  readonly pluginId: string
  readonly user: Principal
  readonly until: number
}

export interface TicketOptions {
  readonly revocations: Pick<Revocations, 'isOver'>
  readonly now?: () => number
}

export function createTickets({ revocations, now = Date.now }: TicketOptions): Tickets {
  const issued = new Map<string, Issued>()
  /** The oldest come first in a Map. */
  const forgetOld = (userName: string): void => {
    const own: string[] = []
    for (const [hash, each] of issued) {
      if (each.until <= now() || issued.size >= MAX_TICKETS) issued.delete(hash)
      else if (each.user.name === userName) own.push(hash)
    }
    const oldest = own.length < MAX_TICKETS_PER_USER ? undefined : own[0]
    if (oldest !== undefined) issued.delete(oldest)
  }
  return {
    issue(pluginId, user) {
      forgetOld(user.name)
      const ticket = randomBytes(24).toString('base64url')
      issued.set(hashOf(ticket), { pluginId, user, until: now() + LIFETIME_MS })
      return ticket
    },
    consume(ticket, pluginId) {
      const hash = hashOf(ticket)
      const found = issued.get(hash)
      issued.delete(hash)
      if (found === undefined || found.pluginId !== pluginId || found.until <= now()) return undefined
      return revocations.isOver(found.user) ? undefined : found.user
    },
  }
}

/** Removes the ticket from a query ("" or "?…"); the rest stays as it was written. */
export function takeTicket(search: string): { readonly ticket: string | null; readonly search: string } {
  if (!search.includes(TICKET_PARAMETER)) return { ticket: null, search }
  const pairs = search.slice(1).split('&')
  const isTicket = (pair: string): boolean => pair.startsWith(`${TICKET_PARAMETER}=`)
  const rest = pairs.filter((pair) => !isTicket(pair))
  return {
    ticket: pairs.find(isTicket)?.slice(TICKET_PARAMETER.length + 1) ?? null,
    search: rest.length === 0 || (rest.length === 1 && rest[0] === '') ? '' : `?${rest.join('&')}`,
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}
