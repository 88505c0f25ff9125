// The slots of the application, and the frontend bundles of plugins: which a visitor may see, and what each is mounted with.
// Invariant: everything is worked out from what serves and what is granted at this moment; a plugin that fails costs its own part only.

import { randomUUID } from 'node:crypto'
import type * as api from '../../sdk/api/bundles.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { SlotName } from '../../sdk/host/static-types.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { BundleFailures } from '../contributions/bundle-failures.ts'
import { type Bundle, bundleOf, bundlesOf } from '../contributions/bundles.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { type PlacedBundle, planSlot } from '../contributions/slots.ts'
import { PlugbayError } from '../errors.ts'
import { callBundle } from '../guest-calls/bundle.ts'
import type { Point, Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Languages } from '../languages/languages.ts'
import { mayAccess } from '../permissions/access.ts'
import type { Principal } from '../permissions/principal.ts'
import type { Params } from './bundle-params.ts'
import { bundleView } from './bundle-view.ts'

type User = Pick<Principal, 'name' | 'permissions'>

export interface PageVisitor {
  /** null for a stranger. */
  readonly user?: User | null
  /** Of the page; that of the host by default. */
  readonly language?: string
  /** Where the runtime is mounted in the application: "/apps". */
  readonly basePath?: string
}

/** The slots of the application, typed by its declaration. */
export interface HostSlots<Host extends HostDeclaration = HostDeclaration> {
  /**
   * The parts of a slot that the visitor may see, in order, for a page that puts them in by itself; `<plugbay-slot>` does it in the browser.
   * @throws PlugbayError POINT_UNKNOWN
   */
  items(name: SlotName<Host>, visitor?: PageVisitor): readonly api.SlotPart[]
}

export interface BundleQuestion {
  readonly bundle: string
  readonly slot: string | null
  readonly params: Params
  readonly user: User | null
  readonly language: string
}

export interface SlotParts {
  readonly points: Points
  readonly contributors: Contributors
  readonly live: Pick<LivePlugins, 'current' | 'get'>
  readonly checks: ValueChecks
  readonly languages: Languages
  readonly failures: BundleFailures
  /** False where browsers show nothing of plugins on the origin of the application (`http.ownOriginsOnly`). */
  readonly showsFrames: boolean
}

export class Slots implements HostSlots {
  readonly #parts: SlotParts

  constructor(parts: SlotParts) {
    this.#parts = parts
  }

  /** The parts of a slot for a visitor, in order. @throws PlugbayError POINT_UNKNOWN */
  items(name: string, visitor: PageVisitor = {}): readonly api.SlotPart[] {
    return this.#placedIn(this.#point(name))
      .filter(({ plugin, bundle }) => isFor(plugin, visitor) && this.#isShown(bundle))
      .map(({ plugin, bundle, mode }) => ({ ...this.#view(plugin, bundle, visitor, name), mode }))
  }

  /** Every bundle that a visitor may see, by plugin in order. */
  bundles(visitor: PageVisitor = {}): readonly api.Bundle[] {
    return this.#parts.live
      .current()
      .filter((plugin) => isFor(plugin, visitor))
      .flatMap((plugin) =>
        bundlesOf(plugin)
          .filter((bundle) => this.#isShown(bundle))
          .map((bundle) => this.#view(plugin, bundle, visitor, null)),
      )
  }

  /** What a bundle is mounted with. @throws PlugbayError NOT_FOUND, BAD_REQUEST, POINT_UNKNOWN, or the code of a backend that failed */
  async data(
    plugin: ServingPlugin,
    { bundle: id, slot, params, user, language }: BundleQuestion,
  ): Promise<unknown> {
    const bundle = bundleOf(plugin, id)
    if (bundle === undefined) throw new PlugbayError('NOT_FOUND')
    if (slot !== null) await this.#checkParams(plugin, { bundle, slot, params })
    const { runner } = plugin
    if (!bundle.hasData || runner === null) return null
    const target = {
      runner,
      reportError: (...error: Parameters<ServingPlugin['reportError']>) => plugin.reportError(...error),
    }
    const requestId = `bundle-${randomUUID().slice(0, 8)}`
    const known = user === null ? null : { name: user.name, permissions: user.permissions }
    const outcome = await callBundle(target, { bundle: id, slot, params, user: known, language, requestId })
    if (outcome.ok) return outcome.value
    this.#parts.failures.report(plugin, id, `its data: ${outcome.message}`)
    throw new PlugbayError(outcome.code, outcome.message)
  }

  /** A page has reported a failure. @throws PlugbayError NOT_FOUND for a bundle that the visitor cannot see */
  report(pluginId: string, { bundle, message }: api.BundleFailure, user: User | null): void {
    const plugin = this.#parts.live.get(pluginId)
    if (plugin?.kind !== 'serving' || !isFor(plugin, { user }) || bundleOf(plugin, bundle) === undefined)
      throw new PlugbayError('NOT_FOUND')
    this.#parts.failures.report(plugin, bundle, message)
  }

  #isShown({ as }: Bundle): boolean {
    return as === 'module' || this.#parts.showsFrames
  }

  async #checkParams(
    plugin: ServingPlugin,
    { bundle, slot, params }: { readonly bundle: Bundle; readonly slot: string; readonly params: Params },
  ): Promise<void> {
    const point = this.#point(slot)
    const isPlaced = this.#placedIn(point).some(
      (placed) => placed.plugin.id === plugin.id && placed.bundle.id === bundle.id,
    )
    if (!isPlaced) throw new PlugbayError('NOT_FOUND')
    const schema = point.point.params
    const fault = schema === undefined ? undefined : (await this.#parts.checks.of(schema))(params)
    if (fault !== undefined)
      throw new PlugbayError('BAD_REQUEST', `The parameters of the slot "${slot}": ${fault}`)
  }

  #placedIn({ name, point }: Point<'slots'>): readonly PlacedBundle[] {
    return planSlot(name, point, this.#parts.contributors.of('slots', name)).parts
  }

  #point(name: string): Point<'slots'> {
    const { points } = this.#parts
    const found = points.find('slots', name)
    if (found !== undefined) return found
    const meant = didYouMean(
      name,
      points.list('slots').map((point) => point.name),
    )
    throw new PlugbayError(
      'POINT_UNKNOWN',
      `"${points.host.id}" has no slot "${name.slice(0, 100)}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  }

  #view(
    plugin: ServingPlugin,
    bundle: Bundle,
    { language: wanted, basePath = '' }: PageVisitor,
    slot: string | null,
  ): api.Bundle {
    const { languages } = this.#parts
    const language = languages.of(wanted)
    const title = languages.text(plugin.manifest.name, language)
    return bundleView(plugin, bundle, { basePath, language, title, slot })
  }
}

function isFor({ access }: ServingPlugin, { user = null }: PageVisitor): boolean {
  return mayAccess(access, user)
}
