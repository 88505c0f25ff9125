// Receives zips: the whole page accepts drops, and `useUpload` opens the file picker's files. One package is reviewed at a
// time; the others wait in order.

import { Center, Stack, Text, Title } from '@mantine/core'
import { Dropzone } from '@mantine/dropzone'
import { notifications } from '@mantine/notifications'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { Icon } from '../components/icons.tsx'
import { ReviewDialog } from './review-dialog.tsx'

const UploadContext = createContext<(files: readonly File[]) => void>(() => undefined)

/** Sends zip files to review. */
export function useUpload(): (files: readonly File[]) => void {
  return useContext(UploadContext)
}

interface Waiting {
  readonly key: number
  readonly file: File
}

export function UploadArea({ children }: { readonly children: ReactNode }) {
  const [queue, setQueue] = useState<readonly Waiting[]>([])
  const add = useCallback((files: readonly File[]) => {
    const zips = files.filter(isZip)
    const other = files.find((file) => !isZip(file))
    if (other) sayNotZip(other)
    setQueue((waiting) => {
      const next = (waiting.at(-1)?.key ?? Date.now()) + 1
      return [...waiting, ...zips.map((file, index) => ({ key: next + index, file }))]
    })
  }, [])
  const current = queue[0]
  const next = useCallback(() => setQueue((waiting) => waiting.slice(1)), [])
  return (
    <UploadContext value={add}>
      {children}
      <Dropzone.FullScreen active={!current} onDrop={add} radius={0}>
        <Center h="100%" style={{ pointerEvents: 'none' }}>
          <Stack align="center" gap="xs">
            <Icon name="upload" size={56} />
            <Title order={2}>Drop the plugin here</Title>
            <Text c="dimmed">It is checked first. Nothing is installed before you say so.</Text>
          </Stack>
        </Center>
      </Dropzone.FullScreen>
      {current && (
        <ReviewDialog key={current.key} file={current.file} waiting={queue.length - 1} close={next} />
      )}
    </UploadContext>
  )
}

/** By name or type; the server checks the content. */
function isZip(file: File): boolean {
  return /\.(?:zip|plugbay)$/i.test(file.name) || /^application\/(?:x-)?zip/.test(file.type)
}

function sayNotZip(file: File): void {
  notifications.show({
    color: 'red',
    title: `"${file.name}" is not a zip file`,
    message: 'A plugin is a folder with a manifest.json, zipped. Zip the folder and drop the zip.',
    autoClose: 10_000,
  })
}
