// Runs in the frame of a bundle: mounts it, and tells the page around it how tall it is.
// Invariant: the page is spoken to at the origin of this document only, whose pages alone may have it in a frame.

import type { BundleContextFacts } from '../bundle-context.ts'
import { createContext } from '../bundle-context.ts'
import { loadDefinition, loadStyle, mountOf } from '../bundle-module.ts'
import type { FrameMessage } from '../frame-messages.ts'

const facts = JSON.parse(document.getElementById('plugbay-bundle')?.textContent ?? '') as BundleContextFacts
document.documentElement.lang = facts.language
document.documentElement.dir = facts.dir

function say(message: FrameMessage): void {
  parent.postMessage(message, new URL(location.href).origin)
}

function fail(error: unknown): void {
  say({
    plugbay: 'failed',
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  })
}

function tellSize(): void {
  say({ plugbay: 'size', height: Math.ceil(document.documentElement.getBoundingClientRect().height) })
}

/** A page of the plugin shows itself. */
async function mount(): Promise<void> {
  const { files, slot } = facts
  if (files.entry === null) return
  await Promise.all(files.styles.map((style) => loadStyle(style, document.head)))
  const definition = await loadDefinition(files)
  const context = createContext(facts)
  await definition.boot?.(context)
  await definition.setup?.(context)
  const element = document.createElement('div')
  document.body.append(element)
  await mountOf(definition, slot)(element, context)
}

addEventListener('error', ({ error, message }) => fail(error ?? message))
addEventListener('unhandledrejection', ({ reason }) => fail(reason))
try {
  await mount()
  say({ plugbay: 'ready' })
  new ResizeObserver(tellSize).observe(document.documentElement)
} catch (error) {
  fail(error)
}
