// A bundle as a module in the page, where the operator trusts its plugin. Its styles stay inside its own shadow tree.

import type { Bundle } from '../api/bundles.ts'
import type { BundleDefinition } from '../client/bundle.ts'
import { type BundleContextFacts, createContext } from './bundle-context.ts'
import { loadDefinition, loadStyle, mountOf } from './bundle-module.ts'
import { inTime, type Part, type PartRequest } from './part.ts'
import { contextOf } from './server.ts'

interface Booted {
  readonly definition: BundleDefinition
  /** Resolves when `setup` is done. */
  setup(): Promise<void>
}

/** The modules of a page: each is booted once, and all are set up when those that began together are booted. */
export class PageModules {
  readonly #booted = new Map<string, Promise<Booted>>()
  #last: Promise<unknown> = Promise.resolve()

  /** Boots one after the other, in the order of the calls. What fails is tried again for the next part that needs it. */
  boot(bundle: Bundle, facts: Promise<BundleContextFacts>): Promise<Booted> {
    const key = `${bundle.plugin} ${bundle.id} ${bundle.entry?.integrity}`
    const known = this.#booted.get(key)
    const booting =
      known === undefined ? this.#begin(bundle, facts) : known.catch(() => this.#begin(bundle, facts))
    this.#booted.set(key, booting)
    return booting
  }

  #begin(bundle: Bundle, facts: Promise<BundleContextFacts>): Promise<Booted> {
    const before = this.#last
    const loading = Promise.all([loadDefinition(bundle), facts])
    const booting = before.then(async () => await boot(...(await loading)))
    // One that fails costs nothing but itself; its part tells of it.
    this.#last = booting.catch(() => undefined)
    loading.catch(() => undefined)
    return booting
  }

  /** Everything that has begun to boot has been booted, or has failed. */
  async settled(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last
      await last
    }
  }
}

async function boot(definition: BundleDefinition, facts: BundleContextFacts): Promise<Booted> {
  const context = createContext(facts)
  await inTime('"boot"', Promise.resolve(definition.boot?.(context)))
  let settingUp: Promise<void> | undefined
  const setup = async () => {
    await inTime('"setup"', Promise.resolve(definition.setup?.(context)))
  }
  return {
    definition,
    setup() {
      settingUp ??= setup()
      return settingUp
    },
  }
}

export function modulePart(
  { bundle, slot, params }: PartRequest,
  { modules, wraps }: { readonly modules: PageModules; readonly wraps: boolean },
): Part {
  const element = document.createElement('div')
  const shadow = element.attachShadow({ mode: 'open' })
  const root = document.createElement('div')
  // Until the module puts it elsewhere, what it wraps stays to be seen.
  const place = document.createElement('slot')
  if (wraps) shadow.append(place)
  let unmount: unknown
  const asking = contextOf(`${bundle.context}&${new URLSearchParams({ params: JSON.stringify(params) })}`)
  const booting = modules.boot(bundle, asking)
  // Awaited below, unless something else fails before.
  booting.catch(() => undefined)
  const show = async () => {
    const facts = await asking
    element.lang = facts.language
    element.dir = facts.dir
    await Promise.all(bundle.styles.map((style) => loadStyle(style, shadow)))
    const { definition, setup } = await booting
    await modules.settled()
    await setup()
    shadow.append(root)
    const content = wraps ? document.createElement('slot') : null
    unmount = await mountOf(definition, slot)(root, createContext(facts, content))
    place.remove()
  }
  return {
    element,
    shown: inTime('Its start', show()),
    onFailure() {},
    close() {
      if (typeof unmount === 'function') unmount()
    },
    takeOut() {
      if (wraps) shadow.replaceChildren(place)
      else element.remove()
    },
  }
}
