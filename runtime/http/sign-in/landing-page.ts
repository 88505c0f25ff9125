// The first page of the server: the plugins whose pages this visitor may use, and their items of menus.

import type { MenuItem } from '../../../sdk/api/menus.ts'
import type { Text } from '../../../sdk/manifest/text.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { mayVisit } from '../../contributions/path-guards.ts'
import { PlugbayError } from '../../errors.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import { PLUGINS } from '../exchange/mount.ts'
import { userOf } from '../identity/authenticate.ts'
import { escapeHtml } from '../pages/error-page.ts'
import { iconPath } from '../pages/icon-answer.ts'
import { page, TILE_HUES } from './document.ts'
import { heading, link, note } from './forms.ts'
import type { PageHandler, SignInParts, Visit } from './services.ts'

export function createLandingPage(parts: SignInParts): PageHandler {
  const { authenticator, live, languages } = parts
  return async (visit) => {
    const { request, peer, words, basePath } = visit
    const { say } = words
    const user = (await authenticator.onPage(request, peer))?.principal ?? null
    const language = languages.accepted(request.headers.get('accept-language') ?? undefined)
    const items = await itemsByPlugin({ user, language, basePath }, parts)
    const cards = live
      .current()
      .filter((plugin) => mayAccess(plugin.access, user))
      .map((plugin) => {
        const href =
          hasPage(plugin) && mayVisit(plugin, '/', user) ? `${basePath}${PLUGINS}${plugin.id}/` : null
        const others = (items.get(plugin.id) ?? []).filter((item) => item.href !== href)
        return { plugin, name: languages.text(plugin.manifest.name, language), href, items: others }
      })
      .filter(({ href, items: others }) => href !== null || others.length > 0)
      .sort((a, b) => a.name.localeCompare(b.name, language))
      .map((shown) => card(shown, { basePath, textIn: (text) => languages.text(text, language) }))
    const list =
      cards.length === 0
        ? note('soft', say(user === null ? 'nothingForStrangers' : 'nothing'))
        : `<ul class="plugins">\n${cards.join('\n')}\n</ul>`
    const body = `<header>${heading(say('home'))}${navigation(visit, user)}</header>\n${list}`
    return page(words, { title: say('home'), body, isWide: true })
  }
}

/** Of all menus that need no parameters of a page around them, in their order; each address once. */
async function itemsByPlugin(
  caller: { readonly user: Principal | null; readonly language: string; readonly basePath: string },
  { menus, points }: Pick<SignInParts, 'menus' | 'points'>,
): Promise<ReadonlyMap<string, readonly MenuItem[]>> {
  const found = await Promise.all(
    points.list('menus').map(({ name }) =>
      menus.items(name, caller).catch((error: unknown) => {
        if (error instanceof PlugbayError && error.code === 'VALUE_INVALID') return []
        throw error
      }),
    ),
  )
  const items = found.flat().flatMap((group) => group.items)
  const byAddress = new Map(items.toReversed().map((item) => [item.href, item]))
  return Map.groupBy([...byAddress.values()].toReversed(), ({ plugin }) => plugin)
}

interface Card {
  readonly plugin: ServingPlugin
  readonly name: string
  /** Of its first page; null where the visitor may open single pages only. */
  readonly href: string | null
  readonly items: readonly MenuItem[]
}

function card(
  { plugin, name, href, items }: Card,
  { basePath, textIn }: { readonly basePath: string; readonly textIn: (text: Text) => string },
): string {
  const { description } = plugin.manifest
  const text = description === undefined ? '' : textIn(description)
  const more = text === '' ? '' : `<span class="soft"><bdi>${escapeHtml(text)}</bdi></span>`
  const title = `${picture(plugin, name, basePath)}<span><strong><bdi>${escapeHtml(name)}</bdi></strong>${more}</span>`
  const head =
    href === null
      ? `<div class="plugin">${title}</div>`
      : `<a class="plugin" href="${escapeHtml(href)}">${title}</a>`
  const list = items.length === 0 ? '' : `<ul class="items">${items.map(menuItem).join('')}</ul>`
  return `<li>${head}${list}</li>`
}

function menuItem({ href, icon, title }: MenuItem): string {
  const drawn = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${escapeHtml(icon.path)}"/></svg>`
  return `<li><a href="${escapeHtml(href)}">${drawn}<bdi>${escapeHtml(title)}</bdi></a></li>`
}

function hasPage({ artifact }: ServingPlugin): boolean {
  const index = artifact.frontend?.index ?? null
  return index !== null && artifact.asset(index)?.page === true
}

/** Its icon, else its first letter. The name stands beside it. */
function picture(plugin: ServingPlugin, name: string, basePath: string): string {
  const icon = iconPath(plugin, basePath + PLUGINS)
  return icon === undefined
    ? `<span class="tile tile-${tileOf(plugin.id)}" aria-hidden="true">${escapeHtml([...name][0]?.toUpperCase() ?? '')}</span>`
    : `<img src="${escapeHtml(icon)}" alt="">`
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
