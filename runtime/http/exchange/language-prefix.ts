// The language at the front of a path: "/fr/plugins/hello/…", and "/fr/…" on an own origin. It belongs to plugins whose pages are
// translated.
// Invariant: a segment counts only in exactly the spelling of a language of the host; any other is led to an address that does.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import type { Languages } from '../../languages/languages.ts'

export interface LanguagePrefixes extends Pick<Languages, 'has' | 'match'> {
  /** Undefined while the plugin does not serve. */
  isTranslated(pluginId: string): boolean | undefined
}

export function createLanguagePrefixes(
  languages: Languages,
  live: Pick<LivePlugins, 'get'>,
): LanguagePrefixes {
  return {
    has: (segment) => languages.has(segment),
    match: (tags) => languages.match(tags),
    isTranslated(pluginId) {
      const found = live.get(pluginId)
      return found?.kind === 'serving' ? hasTranslatedPages(found) : undefined
    },
  }
}

export function hasTranslatedPages({ manifest }: Pick<ServingPlugin, 'manifest'>): boolean {
  return manifest.contributes?.pages?.translated === true
}

const TAG = '[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}'
// "/api/plugins/…" is not the plugins in the language "api".
const BEFORE_PLUGINS = new RegExp(`^/(?!api/)(${TAG})(?=/plugins/)`)
const FIRST_SEGMENT = new RegExp(`^/(${TAG})(?=/|$)`)

/** "fr" of "/fr/plugins/hello/"; the host may not have such a language. */
export function languageBeforePlugins(path: string): string | undefined {
  return BEFORE_PLUGINS.exec(path)?.[1]
}

/** "fr" of "/fr/report.html", for a path without a file; the host may not have such a language. */
export function languageOfSegment(path: string): string | undefined {
  return FIRST_SEGMENT.exec(path)?.[1]
}
