// What a bundle is mounted with: the same in a frame and in the page.

import type { BundleFile } from '../api/bundles.ts'
import type { BundleContext } from '../client/bundle.ts'
import { type MessagesAnswer, messagesFrom } from '../client/messages.ts'
import type { Translate } from '../messages/translator.ts'

/** As the runtime answers it. */
export interface BundleContextFacts {
  readonly plugin: string
  readonly bundle: string
  readonly slot: string | null
  readonly language: string
  readonly dir: 'ltr' | 'rtl'
  readonly params: Readonly<Record<string, unknown>>
  readonly data: unknown
  readonly root: string
  readonly files: {
    readonly entry: BundleFile | null
    readonly styles: readonly BundleFile[]
    readonly preload: readonly BundleFile[]
  }
  /** null for a plugin without catalogs. */
  readonly messages: MessagesAnswer | null
}

export function createContext(facts: BundleContextFacts, content: HTMLElement | null = null): BundleContext {
  const { plugin, bundle, slot, params, data, language, dir, messages } = facts
  const root = new URL(facts.root, location.href)
  const below = (folder: string, path: string): string => {
    const base = new URL(folder, root)
    const url = new URL(base.href + path.replace(/^\//, ''))
    if (!url.pathname.startsWith(base.pathname))
      throw new TypeError(`"${path}" is not below "${base.pathname}"`)
    return url.href
  }
  let translate: Translate | undefined
  return {
    plugin,
    bundle,
    slot,
    params,
    data,
    language,
    dir,
    content,
    t(key, values) {
      translate ??= messages === null ? (name) => name : messagesFrom(messages).t
      return translate(key, values)
    },
    api: async (path, init) => await fetch(below('api/', path), init),
    url: (path) => below('', path),
  }
}
