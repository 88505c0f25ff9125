// Receives zips: the whole page accepts drops, and `useUpload` opens the file picker's files. One package is reviewed at a
// time; the others wait in order.

import { notifications } from '@mantine/notifications'
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react'
import { useMay } from '../../app/session.ts'
import { t } from '../../languages/text.ts'
import { DropTarget } from './drop-target.tsx'

const ReviewDialog = lazy(async () => {
  const [{ ReviewDialog }] = await Promise.all([
    import('./review-dialog.tsx'),
    import('../../app/control-styles.ts'),
  ])
  return { default: ReviewDialog }
})

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
  const may = useMay()
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
      {current === undefined && may('plugins.manage') && <DropTarget onDrop={add} />}
      {current && (
        <Suspense>
          <ReviewDialog key={current.key} file={current.file} waiting={queue.length - 1} close={next} />
        </Suspense>
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
    title: t('"{name}" is not a zip file', { name: file.name }),
    message: t('A plugin is a folder with a manifest.json, zipped. Zip the folder and drop the zip.'),
    autoClose: 10_000,
  })
}
