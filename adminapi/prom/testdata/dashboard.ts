// The type that grafana.json has to have: Grafana's own, made strict where
// Grafana says only "some object", for the kinds of panel that there are.
import type {Dashboard, DataSourceRef, Panel, RowPanel} from '@grafana/schema';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// Json is T as JSON has it: the members of an enum are texts or numbers there.
type Json<T> =
	T extends string ? `${T}`
	: T extends number | boolean | null | undefined ? T
	: T extends Array<infer Item> ? Array<Json<Item>>
	: T extends object ? {[Key in keyof T]: Json<T[Key]>}
	: T;

// The schema has no type for the queries of this data source.
interface Target {
	refId: string;
	datasource: DataSourceRef;
	expr: string;
	legendFormat: string;
	format?: 'time_series' | 'table' | 'heatmap';
	instant?: boolean;
	exemplar?: boolean;
}

type Config<Custom> = Omit<NonNullable<Panel['fieldConfig']>, 'defaults'> & {
	defaults: Omit<NonNullable<Panel['fieldConfig']>['defaults'], 'custom'> & {custom?: Custom};
};

type PanelOf<Type extends string, Options, Custom> = Json<Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'title' | 'description' | 'gridPos'>>
	& Json<Required<Pick<Panel, 'title' | 'description' | 'gridPos'>>>
	& {type: Type; targets: Target[]; options: Json<Options>; fieldConfig: Json<Config<Custom>>};

type OurPanel =
	| PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
	| PanelOf<'stat', stat.Options, undefined>
	| PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
	| PanelOf<'table', table.Options, table.FieldConfig>
	| Json<RowPanel>;

export type OurDashboard = Json<Omit<Dashboard, 'panels'>> & {panels: OurPanel[]};
