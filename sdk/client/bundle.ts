// For authors of frontend bundles: what a bundle exports, and what it is mounted with. It is the same in a frame and in the page.

import type { Translate } from '../messages/translator.ts'

/** Shows something below the element. A function that it returns is called when the element is about to leave the page. */
export type Mount = (element: HTMLElement, context: BundleContext) => unknown

/** The default export of a bundle; a function alone is its `mount`. */
export interface BundleDefinition {
  /** Once in a page, before anything of the bundle is shown. */
  boot?(context: BundleContext): unknown
  /** Once in a page, when all bundles that began together have been booted. */
  setup?(context: BundleContext): unknown
  /** By name of the slot. */
  readonly slots?: Readonly<Record<string, Mount>>
  /** For slots that are not named above, and where the application asked for the bundle by its name. */
  readonly mount?: Mount
}

export interface BundleContext {
  /** Id of the plugin. */
  readonly plugin: string
  readonly bundle: string
  /** null where the application asked for the bundle by its name. */
  readonly slot: string | null
  /** What the page says of itself. */
  readonly params: Readonly<Record<string, unknown>>
  /** What the handler of the bundle in the backend has returned; null without one. */
  readonly data: unknown
  /** Of the page. */
  readonly language: string
  readonly dir: 'ltr' | 'rtl'
  /** A message of the plugin's `locales/<language>.json`. */
  readonly t: Translate
  /** `fetch()` of the plugin's own backend: `api('/entries')`. Rejects with a TypeError for a path outside of it. */
  api(path: string, init?: RequestInit): Promise<Response>
  /** Address of a file of the plugin's frontend. */
  url(path: string): string
  /** Stands for what the part wraps: put it where that should be. null unless it wraps. */
  readonly content: HTMLElement | null
}

/** Types a bundle; returns its argument. */
export function defineBundle(definition: BundleDefinition): BundleDefinition {
  return definition
}
