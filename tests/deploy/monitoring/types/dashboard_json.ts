// SPDX-License-Identifier: Apache-2.0
// The type of a dashboard in a file: Grafana's own types, with the values of
// enumerations as JSON writes them, and with our kinds of panels, whose options
// Grafana's dashboard type leaves open.
import type {
  Dashboard,
  DataSourceRef,
  Panel,
  RowPanel,
  VariableModel,
} from '@grafana/schema';
import type * as Heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// Of a string enumeration, its values; all the way down.
type Json<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends Array<infer Item>
      ? Array<Json<Item>>
      : { [Key in keyof T]: Json<T[Key]> };

// Options that are left out have their defaults.
type DeepPartial<T> = T extends Array<unknown>
  ? T
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

// A query of Grafana's Prometheus data source, as far as we use it.
interface PrometheusTarget {
  refId: string;
  datasource: DataSourceRef;
  expr: string;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  range?: boolean;
}

type PanelOf<Kind extends string, Options, Custom> = Omit<
  Panel,
  'type' | 'options' | 'fieldConfig' | 'targets' | 'title' | 'description'
> & {
  type: Kind;
  title: string;
  description: string;
  options: DeepPartial<Options>;
  fieldConfig: {
    defaults: Omit<NonNullable<Panel['fieldConfig']>['defaults'], 'custom'> & {
      custom?: DeepPartial<Custom>;
    };
    overrides: [];
  };
  targets: PrometheusTarget[];
};

type OurPanel =
  | RowPanel
  | PanelOf<'timeseries', TimeSeries.Options, TimeSeries.FieldConfig>
  | PanelOf<'stat', Stat.Options, never>
  | PanelOf<'heatmap', Heatmap.Options, Heatmap.FieldConfig>;

// A new dashboard has no value of a variable yet.
type OurVariable = Omit<VariableModel, 'current'> & {
  current: Record<string, never>;
};

export type DashboardJson = Json<
  Omit<Dashboard, 'panels' | 'templating'> & {
    templating: { list: OurVariable[] };
    panels: OurPanel[];
  }
>;
