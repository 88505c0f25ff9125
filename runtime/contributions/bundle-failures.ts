// Failures of frontend bundles that pages of the application have reported: in the log of the plugin, and among its problems.
// Invariant: any visitor may report, so texts, their number and their rate are bounded; they end with the release they are of.

import type { Problem } from '../errors.ts'
import type { LivePlugin, ServingPlugin } from './live-plugin.ts'
import type { LivePlugins } from './live-plugins.ts'

/** Of one plugin; more are counted, and not written. */
const LINES_PER_MINUTE = 10
const MAX_TEXT = 1000
const MINUTE_MS = 60_000

interface Failures {
  /** Last message by id of the bundle. */
  readonly last: Map<string, { readonly message: string; readonly count: number }>
  /** The minute of the lines that are counted. */
  since: number
  lines: number
}

export class BundleFailures {
  readonly #live: Pick<LivePlugins, 'get'>
  readonly #now: () => number
  readonly #failures = new WeakMap<ServingPlugin, Failures>()
  #reports = 0

  constructor(live: Pick<LivePlugins, 'get'>, now: () => number = () => performance.now()) {
    this.#live = live
    this.#now = now
  }

  /** @param bundle one that the plugin has */
  report(plugin: ServingPlugin, bundle: string, text: string): void {
    const message = text.slice(0, MAX_TEXT)
    const failures = this.#of(plugin)
    const count = (failures.last.get(bundle)?.count ?? 0) + 1
    failures.last.set(bundle, { message, count })
    const now = this.#now()
    if (now - failures.since >= MINUTE_MS) {
      failures.since = now
      failures.lines = 0
    }
    failures.lines += 1
    if (failures.lines > LINES_PER_MINUTE) return
    this.#reports += 1
    plugin.reportError(
      {
        code: 'GUEST_ERROR',
        name: 'BundleError',
        message: `The bundle "${bundle}" failed on a page: ${message}`,
      },
      `page-${this.#reports.toString(36)}`,
    )
  }

  /** Of the release that serves. */
  problemsOf(id: string): readonly Problem[] {
    const plugin: LivePlugin | undefined = this.#live.get(id)
    const failures = plugin?.kind === 'serving' ? this.#failures.get(plugin) : undefined
    return [...(failures?.last ?? [])].map(([bundle, { message, count }]) => ({
      code: 'BUNDLE_FAILED',
      message: `The bundle "${bundle}" failed on ${count === 1 ? 'a page' : `pages, ${count} times, at last`}: ${message}`,
      hint: 'The rest of the page works without it; the log of the plugin has its last failures',
    }))
  }

  #of(plugin: ServingPlugin): Failures {
    const known = this.#failures.get(plugin)
    if (known !== undefined) return known
    const made: Failures = { last: new Map(), since: this.#now(), lines: 0 }
    this.#failures.set(plugin, made)
    return made
  }
}
