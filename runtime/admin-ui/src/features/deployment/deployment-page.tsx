// What the application is deployed by, as tabs: values, rendered files, steps that set it up, images.

import { Stack, Tabs, Title } from '@mantine/core'
import { go } from '../../app/addresses.ts'
import type { PageProps } from '../../app/pages.ts'
import { useMay } from '../../app/session.ts'
import { NoSuchPage } from '../../components/no-such-page.tsx'
import { t } from '../../languages/text.ts'
import { FilesTab } from './files-tab.tsx'
import { ImagesTab } from './images-tab.tsx'
import { InitTab } from './init-tab.tsx'
import { ValuesTab } from './values-tab.tsx'

const TABS = [
  { name: 'values', label: t('Values'), permission: 'plugins.view', Content: ValuesTab },
  { name: 'files', label: t('Files'), permission: 'plugins.view', Content: FilesTab },
  { name: 'setup', label: t('Set-up'), permission: 'plugins.view', Content: InitTab },
  { name: 'images', label: t('Images'), permission: 'images.view', Content: ImagesTab },
] as const

export function DeploymentPage({ params: { tab = 'values' } }: PageProps) {
  const may = useMay()
  const offered = TABS.filter(({ permission }) => may(permission))
  if (!offered.some(({ name }) => name === tab)) return <NoSuchPage />
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('Deployment')}
      </Title>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => go(next === 'values' ? '#/deployment' : `#/deployment/${next}`)}
      >
        <Tabs.List mb="md" style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
          {offered.map(({ name, label }) => (
            <Tabs.Tab key={name} value={name} px={{ base: 10, xs: 'md' }}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {offered.map(({ name, Content }) => (
          <Tabs.Panel key={name} value={name}>
            <Content />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  )
}
