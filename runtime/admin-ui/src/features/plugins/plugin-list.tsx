// The rows of the list. Of many plugins only those in sight exist.

import { Stack } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { t } from '../../languages/text.ts'
import { PluginRow } from './plugin-row.tsx'

/** As many rows a browser draws without an effort, and its own search finds all of them. */
const DRAWN_AT_ONCE = 60
/** Pixels of a row with the gap below it: on a wide screen, and on a narrow one, where its state has a line of its own. */
const ROW = { wide: 78, narrow: 104 } as const
const NARROW = '(max-width: 40em)'

export interface PluginListProps {
  readonly plugins: readonly Installation[]
  /** Those with a tick; null while none can be chosen. */
  readonly chosen: ReadonlySet<string> | null
  readonly toggle: (id: string) => void
}

export function PluginList(props: PluginListProps) {
  return props.plugins.length > DRAWN_AT_ONCE ? <ManyRows {...props} /> : <AllRows {...props} />
}

function AllRows({ plugins, chosen, toggle }: PluginListProps) {
  return (
    <Stack
      component="ul"
      gap="xs"
      m={0}
      p={0}
      aria-label={t('Installed plugins')}
      style={{ listStyle: 'none' }}
    >
      {plugins.map((plugin) => (
        <li key={plugin.id}>
          <PluginRow plugin={plugin} isChosen={chosen?.has(plugin.id) ?? null} toggle={toggle} />
        </li>
      ))}
    </Stack>
  )
}

function ManyRows({ plugins, chosen, toggle }: PluginListProps) {
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  const size = useMediaQuery(NARROW, false, { getInitialValueInEffect: false }) ? ROW.narrow : ROW.wide
  const rows = useWindowVirtualizer({
    count: plugins.length,
    // The same function as long as the size is the same: otherwise all places would be computed at each scroll.
    estimateSize: useCallback(() => size, [size]),
    overscan: 8,
    scrollMargin: top,
    useFlushSync: false,
  })
  return (
    <ul
      ref={list}
      className="many-rows"
      aria-label={t('Installed plugins')}
      style={{ height: rows.getTotalSize() }}
    >
      {rows.getVirtualItems().map(({ index, start }) => {
        const plugin = plugins[index]
        if (plugin === undefined) return null
        return (
          <li
            key={plugin.id}
            aria-setsize={plugins.length}
            aria-posinset={index + 1}
            style={{ height: size - 10, transform: `translateY(${start - top}px)` }}
          >
            <PluginRow plugin={plugin} isChosen={chosen?.has(plugin.id) ?? null} toggle={toggle} />
          </li>
        )
      })}
    </ul>
  )
}
