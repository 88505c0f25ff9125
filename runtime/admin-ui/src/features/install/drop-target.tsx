// Takes files that are dropped anywhere in the window. Invariant: the browser never opens a dropped file in place of the page.

import { Center, Overlay, Stack, Text, Title } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'

export interface DropTargetProps {
  readonly onDrop: (files: readonly File[]) => void
}

export function DropTarget({ onDrop }: DropTargetProps) {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    const ending = new AbortController()
    const listen = (
      name: 'dragenter' | 'dragover' | 'dragleave' | 'drop',
      react: (event: DragEvent) => void,
    ) =>
      addEventListener(
        name,
        (event) => {
          if (!event.dataTransfer?.types.includes('Files')) return
          event.preventDefault()
          react(event)
        },
        { signal: ending.signal },
      )
    listen('dragenter', () => setOver(true))
    listen('dragover', () => undefined)
    listen('dragleave', ({ relatedTarget }) => {
      // Between two elements of the page there is a next one.
      if (relatedTarget === null) setOver(false)
    })
    listen('drop', ({ dataTransfer }) => {
      setOver(false)
      onDrop([...(dataTransfer?.files ?? [])])
    })
    return () => ending.abort()
  }, [onDrop])
  if (!isOver) return null
  return (
    <Overlay fixed zIndex={1000} backgroundOpacity={1} color="var(--mantine-color-body)" data-drop-target>
      <Center h="100%" style={{ pointerEvents: 'none' }}>
        <Stack align="center" gap="xs">
          <Icon name="upload" size={56} />
          <Title order={2}>{t('Drop the plugin here')}</Title>
          <Text c="dimmed">{t('It is checked first. Nothing is installed before you say so.')}</Text>
        </Stack>
      </Center>
    </Overlay>
  )
}
