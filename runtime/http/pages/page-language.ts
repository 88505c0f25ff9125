// The language of a translated page: its address names it, and a page that is asked for without one is found at such an address.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { directionOf } from '../../languages/direction.ts'
import type { Languages } from '../../languages/languages.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { hasTranslatedPages, languageOfSegment } from '../exchange/language-prefix.ts'
import { pathIn } from '../exchange/mount.ts'
import type { LanguageOf } from '../exchange/visitor-language.ts'
import { type FoundAsset, isNavigation } from './find-page.ts'
import type { PageLanguage } from './page-html.ts'

export interface PageLanguageServices {
  readonly languages: Languages
  readonly languageOf: LanguageOf
}

export interface PageQuestion {
  readonly exchange: Pick<Exchange, 'request' | 'mount' | 'user'>
  readonly plugin: ServingPlugin
  /** Raw, after the mount. */
  readonly path: string
  readonly found: FoundAsset | undefined
}

/** The path of the page in a language, without query; undefined when the request is right where it is. */
export function translatedPath(
  { exchange, plugin, path, found }: PageQuestion,
  { languages, languageOf }: PageLanguageServices,
): string | undefined {
  const { request, mount, user } = exchange
  if (mount.language !== undefined || !hasTranslatedPages(plugin)) return undefined
  if (found !== undefined && !found.asset.page) return undefined
  // Below "/plugins/" the language of another spelling was led here; on an own origin it looks like a folder.
  const isFolder = mount.mode === 'own' && (found === undefined || found.fallback) && isNavigation(request)
  const segment = isFolder ? languageOfSegment(path) : undefined
  if (segment !== undefined && languages.isLanguage(segment)) {
    const language = languages.match([segment]) ?? languageOf(request, user)
    return pathIn(mount, language) + (path.slice(1 + segment.length) || '/')
  }
  return found === undefined ? undefined : pathIn(mount, languageOf(request, user)) + path
}

/** For the tags of a page; null for one that is not translated. */
export function pageLanguage(
  { mount: { language } }: Pick<Exchange, 'mount'>,
  { languages: { available } }: PageLanguageServices,
): PageLanguage | null {
  return language === undefined ? null : { language, dir: directionOf(language), available }
}
