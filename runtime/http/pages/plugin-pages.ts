// What the shell needs to know to show the pages of a plugin in a frame.
// Invariant: only visitors who may open them get it.

import type { PluginPage } from '../../../sdk/api/pages.ts'
import { refusalOf, type ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { PlugbayError } from '../../errors.ts'
import type { Languages } from '../../languages/languages.ts'
import { mayAccess, refusalFor } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import { hasTranslatedPages } from '../exchange/language-prefix.ts'
import { PLUGINS } from '../exchange/mount.ts'
import type { OwnOrigins } from '../routing/plugin-traffic.ts'
import { iconPath } from './icon-answer.ts'
import type { PageTokens } from './page-token.ts'

export interface PageQuestion {
  readonly user: Principal | null
  readonly ownOrigins: OwnOrigins | null
  readonly basePath: string
  readonly language: string
}

export interface PluginPages {
  /** Throws a PlugbayError: NOT_FOUND, PLUGIN_UNAVAILABLE, UNAUTHENTICATED or FORBIDDEN. */
  find(id: string, question: PageQuestion): PluginPage
  /** A new page token; throws as find() does. */
  token(id: string, user: Principal | null): string
}

export interface PluginPageParts {
  readonly live: Pick<LivePlugins, 'get'>
  readonly tokens: Pick<PageTokens, 'issue'>
  readonly languages: Pick<Languages, 'text'>
}

export function createPluginPages({ live, tokens, languages }: PluginPageParts): PluginPages {
  const opened = (id: string, user: Principal | null): ServingPlugin => {
    const plugin = live.get(id)
    if (plugin?.kind !== 'serving') throw new PlugbayError(refusalOf(plugin))
    if (!mayAccess(plugin.access, user)) throw new PlugbayError(refusalFor(user))
    return plugin
  }
  return {
    find(id, { user, ownOrigins, basePath, language }) {
      const plugin = opened(id, user)
      const { manifest, version, artifact, generation } = plugin
      if (artifact.frontend === null) throw new PlugbayError('NOT_FOUND', 'The plugin has no pages')
      const plain = `${basePath}${PLUGINS}${id}`
      return {
        plugin: id,
        name: languages.text(manifest.name, language),
        version,
        icon: iconPath(plugin, basePath + PLUGINS) ?? null,
        root: hasTranslatedPages(plugin) ? `${basePath}/${language}${PLUGINS}${id}` : plain,
        origin: ownOrigins && `${ownOrigins.scheme}://${id}.${ownOrigins.names}`,
        generation,
        user: user?.name ?? null,
      }
    },
    token: (id, user) => tokens.issue({ pluginId: opened(id, user).id, user }),
  }
}
