// Addresses of the page, below wherever the plugin is mounted: "/" or "/plugins/my-plugin".

import { mount } from 'plugbay/client'
import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react'

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener)
  return () => removeEventListener('popstate', listener)
}

/** The path of the page, as the plugin sees it: "/about". */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname.slice(mount.length) || '/')
}

export function Link({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const path = usePath()
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    history.pushState(null, '', mount + to)
    dispatchEvent(new PopStateEvent('popstate'))
  }
  return (
    <a href={mount + to} onClick={open} aria-current={path === to ? 'page' : undefined}>
      {children}
    </a>
  )
}
