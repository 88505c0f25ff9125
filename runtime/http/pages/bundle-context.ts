// What a frontend bundle is mounted with, as JSON: its files, parameters, data of the backend, and messages.
// Invariant: catalogs are joined as bytes and not parsed; data of the backend has been checked by its call.

import type { BundleContextFacts } from '../../../sdk/host-page/bundle-context.ts'
import { bundleOf } from '../../contributions/bundles.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { PlugbayError } from '../../errors.ts'
import { directionOf } from '../../languages/direction.ts'
import type { Languages } from '../../languages/languages.ts'
import { parseParams } from '../../slots/bundle-params.ts'
import { bundleView } from '../../slots/bundle-view.ts'
import type { Slots } from '../../slots/slots.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { LanguageOf } from '../exchange/visitor-language.ts'
import { catalogsFor, messagesJson } from './page-messages.ts'

export interface BundleContextServices {
  readonly slots: Pick<Slots, 'data'>
  readonly languages: Languages
  readonly languageOf: LanguageOf
}

export interface BundleAnswerContext {
  readonly id: string
  readonly language: string
  /** The page of the plugin that is the bundle; null for a module. */
  readonly page: string | null
  readonly as: 'frame' | 'module'
  readonly json: Buffer
}

/**
 * @param query "" or "?…"
 * @throws PlugbayError NOT_FOUND, BAD_REQUEST, or the code of a backend that failed
 */
export async function bundleContext(
  { mount, request, user }: Pick<Exchange, 'mount' | 'request' | 'user'>,
  { plugin, query }: { readonly plugin: ServingPlugin; readonly query: string },
  { slots, languages, languageOf }: BundleContextServices,
): Promise<BundleAnswerContext> {
  const asked = new URLSearchParams(query)
  const id = asked.get('id') ?? ''
  const bundle = bundleOf(plugin, id)
  if (bundle === undefined) throw new PlugbayError('NOT_FOUND')
  const wanted = asked.get('language')
  const language = mount.language ?? (wanted === null ? languageOf(request, user) : languages.of(wanted))
  const slot = asked.get('slot')
  const params = parseParams(asked.get('params'))
  const data = await slots.data(plugin, { bundle: id, slot, params, user, language })
  const basePath = basePathOf(mount)
  const title = languages.text(plugin.manifest.name, language)
  const { root, entry, styles, preload } = bundleView(plugin, bundle, { basePath, language, title, slot })
  const facts: Omit<BundleContextFacts, 'messages'> = {
    plugin: plugin.id,
    bundle: id,
    slot,
    language,
    dir: directionOf(language),
    params,
    data,
    root,
    files: { entry, styles: [...styles], preload: [...preload] },
  }
  const messages =
    plugin.artifact.catalogs.size === 0
      ? Buffer.from('null')
      : await messagesJson(plugin, { language, languages, parts: catalogsFor(plugin, language, languages) })
  const head = Buffer.from(`${JSON.stringify(facts).slice(0, -1)},"messages":`)
  const json = Buffer.concat([head, messages, Buffer.from('}')])
  return { id, language, page: bundle.page, as: bundle.as, json }
}

/** "/apps" of "/apps/plugins/hello", with or without a language. */
function basePathOf({ id, path, plainPath = path }: Exchange['mount']): string {
  return plainPath.slice(0, plainPath.length - `/plugins/${id}`.length)
}
