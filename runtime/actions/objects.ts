// The objects of contexts: what the application says of one, checked against the schema of its context.
// Invariant: an id from a browser becomes an object only through the application, which gets the user as well.

import type { ObjectChoice } from '../../sdk/host/contexts.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import type { Point, Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import { GENERAL } from './find-actions.ts'

const MAX_ID = 1000
const MAX_CHOICES = 10_000

export class ContextObjects {
  readonly #points: Points
  readonly #checks: ValueChecks

  constructor(points: Points, checks: ValueChecks) {
    this.#points = points
    this.#checks = checks
  }

  /** Rejects with POINT_UNKNOWN, and with OBJECT_UNKNOWN where the user has no such object. */
  async find(context: string, id: string | undefined, user: User | null): Promise<unknown> {
    const { point } = this.#context(context)
    if (context === GENERAL) {
      if (id === undefined) return null
      throw new PlugbayError('OBJECT_UNKNOWN', 'Actions of the context "general" have no object')
    }
    if (id === undefined) throw new PlugbayError('OBJECT_UNKNOWN', `Actions of "${context}" need an object`)
    const found = id.length > MAX_ID ? undefined : await point.find?.(id, user)
    if (found === undefined || found === null)
      throw new PlugbayError('OBJECT_UNKNOWN', `There is no "${context}" of this id that you may use`)
    return await this.checked(context, found)
  }

  /** The object of the application's own code. Rejects with VALUE_INVALID for one that its schema does not accept. */
  async checked(context: string, object: unknown): Promise<unknown> {
    const { point } = this.#context(context)
    const fault = (await this.#checks.of(point.data ?? true))(object)
    if (fault !== undefined)
      throw new PlugbayError('VALUE_INVALID', `The object for the context "${context}" ${fault}`)
    return object
  }

  /** Those to choose from; none where the application does not list them. */
  async list(context: string, user: User | null): Promise<readonly ObjectChoice[]> {
    const found = (await this.#context(context).point.list?.(user)) ?? []
    return found.slice(0, MAX_CHOICES).map(({ id, title }) => ({ id: String(id), title: String(title) }))
  }

  #context(name: string): Point<'contexts'> {
    const found = this.#points.find('contexts', name)
    if (found !== undefined) return found
    const { host } = this.#points
    const meant = didYouMean(
      name,
      this.#points.list('contexts').map((point) => point.name),
    )
    throw new PlugbayError(
      'POINT_UNKNOWN',
      `"${host.id}" has no context "${name.slice(0, 100)}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  }
}
