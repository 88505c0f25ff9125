// What a page of the application asks of the runtime.

import type { Bundle, BundleList, SlotPart, SlotParts } from '../api/bundles.ts'
import type { Menu } from '../api/menus.ts'
import type { ProblemDocument } from '../api/problems.ts'
import type { BundleContextFacts } from './bundle-context.ts'

/** The name of this file as the runtime serves it, from which its base path follows. */
const SCRIPT = /^(.*)\/host-page\.js$/

/** Where the runtime is mounted: what the page says in `<meta name="plugbay-base">`, else where this script comes from. */
export function basePath(): string {
  const said = document.querySelector<HTMLMetaElement>('meta[name="plugbay-base"]')?.content
  return said?.replace(/\/+$/, '') ?? SCRIPT.exec(new URL(import.meta.url).pathname)?.[1] ?? ''
}

export async function partsOf(slot: string, language: string): Promise<readonly SlotPart[]> {
  const answer = await ask(`${basePath()}/api/v1/slots/${encodeURIComponent(slot)}?${inLanguage(language)}`)
  return ((await answer.json()) as SlotParts).items
}

export async function menuNamed(
  name: string,
  params: Readonly<Record<string, unknown>>,
  language: string,
): Promise<Menu> {
  const query = new URLSearchParams({ params: JSON.stringify(params), ...(language !== '' && { language }) })
  return (await (await ask(`${basePath()}/api/v1/menus/${encodeURIComponent(name)}?${query}`)).json()) as Menu
}

/** @throws Error when the visitor has no such bundle */
export async function bundleNamed(plugin: string, id: string, language: string): Promise<Bundle> {
  const answer = await ask(`${basePath()}/api/v1/bundles?${inLanguage(language)}`)
  const { items } = (await answer.json()) as BundleList
  const found = items.find((bundle) => bundle.plugin === plugin && bundle.id === id)
  if (found === undefined) throw new Error(`There is no bundle "${id}" of "${plugin}"`)
  return found
}

export async function contextOf(address: string): Promise<BundleContextFacts> {
  return (await (await ask(address)).json()) as BundleContextFacts
}

/** Never rejects: a page works without its reports. */
export async function report({ plugin, id }: Bundle, message: string): Promise<void> {
  const body = JSON.stringify({ bundle: id, message: message.slice(0, 1000) || 'It gave no reason' })
  await fetch(`${basePath()}/api/v1/bundles/${encodeURIComponent(plugin)}/failures`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    keepalive: true,
    body,
  }).catch((error: unknown) => console.warn(`[plugbay] A failure could not be reported: ${String(error)}`))
}

function inLanguage(language: string): string {
  return language === '' ? '' : new URLSearchParams({ language }).toString()
}

async function ask(address: string): Promise<Response> {
  const response = await fetch(address, { headers: { accept: 'application/json' } })
  if (response.ok) return response
  const text = await response.text()
  throw new Error(`The server answered ${response.status}: ${detailOf(text)}`)
}

function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as Partial<ProblemDocument>).detail ?? ''
  } catch {
    // A proxy in between has its own pages.
    return text.slice(0, 200)
  }
}
