// The module of a bundle: loaded only as the bytes of the release that serves, and what it exports.

import type { BundleFile } from '../api/bundles.ts'
import type { BundleDefinition, Mount } from '../client/bundle.ts'
import type { BundleContextFacts } from './bundle-context.ts'

/** @throws Error when a file cannot be loaded or is not that of the release, and whatever the module throws */
export async function loadDefinition({
  entry,
  preload,
}: BundleContextFacts['files']): Promise<BundleDefinition> {
  if (entry === null) throw new Error('The bundle has no module')
  // An import has no place for a hash. What was preloaded with one is what an import of the same address gets.
  await Promise.all(preload.map(checked))
  await checked(entry)
  const loaded: unknown = await import(new URL(entry.url, location.href).href)
  const definition = fieldOf(loaded, 'default') ?? loaded
  if (typeof definition === 'function') return { mount: definition as Mount }
  if (typeof definition === 'object' && definition !== null) return definition as BundleDefinition
  throw new Error('The module has no default export')
}

/** @throws Error when there is nothing for the slot */
export function mountOf({ mount, slots }: BundleDefinition, slot: string | null): Mount {
  const own = slot !== null && slots !== undefined && Object.hasOwn(slots, slot) ? slots[slot] : undefined
  const found = own ?? mount
  if (typeof found === 'function') return found
  const forSlot = slot === null ? '' : `, nor anything for the slot "${slot}"`
  throw new Error(`The module exports no function "mount"${forSlot}`)
}

/** Resolves when the style sheet counts. @throws Error as loadDefinition() */
export function loadStyle({ url, integrity }: BundleFile, into: Node): Promise<void> {
  return loaded(linkTo('stylesheet', url, integrity), into)
}

async function checked({ url, integrity }: BundleFile): Promise<void> {
  const link = linkTo('modulepreload', url, integrity)
  await loaded(link, document.head)
  link.remove()
}

function linkTo(rel: string, url: string, integrity: string): HTMLLinkElement {
  const link = document.createElement('link')
  Object.assign(link, { rel, href: new URL(url, location.href).href, integrity, crossOrigin: 'anonymous' })
  return link
}

function loaded(link: HTMLLinkElement, into: Node): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  link.addEventListener('load', () => resolve(), { once: true })
  link.addEventListener(
    'error',
    () => {
      link.remove()
      reject(new Error(`"${link.href}" could not be loaded, or is not as the server has it`))
    },
    { once: true },
  )
  into.appendChild(link)
  return promise
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
