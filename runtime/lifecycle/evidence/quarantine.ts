// The stored quarantine of one plugin: a restart of the runtime does not end it, an administrator does.
// Invariant: it applies to one release; other releases of the plugin may be tried.

import type { Store } from '../../../plugin-store/store.ts'
import type { Evidence } from '../../../sdk/api/evidence.ts'
import type { Problem } from '../../errors.ts'

export class Quarantine {
  readonly #pluginId: string
  readonly #store: Pick<Store, 'quarantines'>
  #isKnown = false

  constructor(pluginId: string, store: Pick<Store, 'quarantines'>) {
    this.#pluginId = pluginId
    this.#store = store
  }

  /** Whether the store holds a record that the next start of the plugin must end. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Why the release may not start; undefined when it may. */
  async of(version: string): Promise<Problem | undefined> {
    const kept = await this.#store.quarantines.get(this.#pluginId)
    this.#isKnown = kept !== undefined
    if (kept?.version !== version) return undefined
    const { failures } = kept.evidence as unknown as Evidence
    return { code: 'LOAD_FAILED', message: failures.at(-1)?.message ?? 'The plugin failed too often' }
  }

  /** Undefined when the plugin has started successfully since, or was never in quarantine. */
  async evidence(): Promise<Evidence | undefined> {
    const kept = await this.#store.quarantines.get(this.#pluginId)
    return kept?.evidence as Evidence | undefined
  }

  async begin(evidence: Evidence): Promise<void> {
    const { version, failures } = evidence
    await this.#store.quarantines.put(
      { pluginId: this.#pluginId, version, evidence: { ...evidence } },
      { actor: 'system', action: 'plugin.quarantine', detail: { version, failures } },
    )
    this.#isKnown = true
  }

  async end(): Promise<void> {
    await this.#store.quarantines.remove(this.#pluginId)
    this.#isKnown = false
  }
}
