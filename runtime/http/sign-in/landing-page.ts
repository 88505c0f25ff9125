// The first page of the server: the plugins whose pages this visitor may use.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { mayVisit } from '../../contributions/path-guards.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import { PLUGINS } from '../exchange/mount.ts'
import { userOf } from '../identity/authenticate.ts'
import { escapeHtml } from '../pages/error-page.ts'
import { page, TILE_HUES } from './document.ts'
import { heading, link, note } from './forms.ts'
import type { PageHandler, SignInParts, Visit } from './services.ts'

/** Folder of the package whose files are pages and assets. */
const FRONTEND = 'frontend/'

export function createLandingPage({ authenticator, live, languages }: SignInParts): PageHandler {
  return async (visit) => {
    const { request, peer, words, basePath } = visit
    const { say } = words
    const user = (await authenticator.onPage(request, peer))?.principal ?? null
    const language = languages.accepted(request.headers.get('accept-language') ?? undefined)
    const shown = live
      .current()
      .filter((plugin) => hasPage(plugin) && mayAccess(plugin.access, user) && mayVisit(plugin, '/', user))
      .map((plugin) => ({ plugin, name: languages.text(plugin.manifest.name, language) }))
      .sort((a, b) => a.name.localeCompare(b.name, language))
    const items = shown.map(({ plugin, name }) => {
      const description = plugin.manifest.description
      const text = description === undefined ? '' : languages.text(description, language)
      const more = text === '' ? '' : `<span class="soft"><bdi>${escapeHtml(text)}</bdi></span>`
      const href = escapeHtml(`${basePath}${PLUGINS}${plugin.id}/`)
      return `<li><a href="${href}">${picture(plugin, name, basePath)}<span><strong><bdi>${escapeHtml(name)}</bdi></strong>${more}</span></a></li>`
    })
    const list =
      items.length === 0
        ? note('soft', say(user === null ? 'nothingForStrangers' : 'nothing'))
        : `<ul class="plugins">\n${items.join('\n')}\n</ul>`
    const body = `<header>${heading(say('home'))}${navigation(visit, user)}</header>\n${list}`
    return page(words, { title: say('home'), body, isWide: true })
  }
}

function hasPage({ artifact }: ServingPlugin): boolean {
  const index = artifact.frontend?.index ?? null
  return index !== null && artifact.asset(index)?.page === true
}

/** Its icon, if that is an asset; else its first letter. The name stands beside it. */
function picture({ id, manifest, artifact }: ServingPlugin, name: string, basePath: string): string {
  const path = manifest.icon?.startsWith(FRONTEND) === true ? manifest.icon.slice(FRONTEND.length) : undefined
  if (path === undefined || artifact.asset(path) === undefined)
    return `<span class="tile tile-${tileOf(id)}" aria-hidden="true">${escapeHtml([...name][0]?.toUpperCase() ?? '')}</span>`
  const source = `${basePath}${PLUGINS}${id}/${path.split('/').map(encodeURIComponent).join('/')}`
  return `<img src="${escapeHtml(source)}" alt="">`
}

/** By the id, so that neighbours differ and each stays as people know it. */
function tileOf(id: string): number {
  let sum = 0
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521
  return sum % TILE_HUES.length
}

function navigation({ words, basePath }: Visit, user: Principal | null): string {
  const { say } = words
  if (user === null) return `<nav>${link(`${basePath}/sign-in`, say('signIn'), 'button small')}</nav>`
  const parts = [`<span class="soft" dir="auto">${escapeHtml(say('signedInAs', { name: user.name }))}</span>`]
  if (userOf(user.basis) !== undefined) parts.push(link(`${basePath}/account`, say('account')))
  if (user.permissions.length > 0) parts.push(link(`${basePath}/admin/`, say('administration')))
  parts.push(
    `<form method="post" action="${escapeHtml(basePath)}/sign-out"><button class="plain small">${escapeHtml(say('signOut'))}</button></form>`,
  )
  return `<nav>${parts.join('\n')}</nav>`
}
