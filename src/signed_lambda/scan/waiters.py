"""Which calls of boto3 have a waiter: generated from botocore's own data, held to it by a test.

A copy, because the review must not import boto3 (only `aws` may), and because waiters are added
more often than they go. Pure: imports `names`.

Source: https://github.com/boto/botocore/tree/develop/botocore/data (waiters-2.json of each service)
"""

from __future__ import annotations

from typing import Final

from signed_lambda.scan.names import words

WAITERS: Final = {
    "account-access": words("get_application"),
    "acm": words("describe_acme_domain_validation describe_acme_endpoint describe_certificate"),
    "acm-pca": words(
        "describe_certificate_authority_audit_report get_certificate get_certificate_authority_csr"
    ),
    "agent-registry-control": words("get_registry get_registry_record"),
    "amp": words("describe_anomaly_detector describe_scraper describe_workspace"),
    "appconfig": words("get_deployment get_environment"),
    "appstream": words("describe_fleets"),
    "arc-region-switch": words("get_plan_evaluation_status get_plan_execution"),
    "b2bi": words("get_transformer_job"),
    "bedrock-agentcore-control": words(
        "get_memory get_policy get_policy_engine get_policy_generation"
    ),
    "cloudcontrol": words("get_resource_request_status"),
    "cloudformation": words(
        "describe_change_set describe_stack_refactor describe_stacks describe_type_registration"
    ),
    "cloudfront": words(
        "get_distribution get_invalidation get_invalidation_for_distribution_tenant "
        "get_streaming_distribution"
    ),
    "cloudwatch": words("describe_alarms get_alarm_mute_rule"),
    "codedeploy": words("get_deployment"),
    "codeguru-reviewer": words("describe_code_review describe_repository_association"),
    "continuum": words("get_code_scan"),
    "deadline": words(
        "get_fleet get_job get_license_endpoint get_queue get_queue_fleet_association "
        "get_queue_limit_association"
    ),
    "dms": words(
        "describe_connections describe_endpoints describe_extension_pack_associations "
        "describe_metadata_model_assessments describe_metadata_model_conversions "
        "describe_metadata_model_creations describe_metadata_model_exports_as_script "
        "describe_metadata_model_exports_to_target describe_metadata_model_imports "
        "describe_replication_instances describe_replication_tasks"
    ),
    "docdb": words("describe_db_instances"),
    "ds": words("describe_hybrid_ad_update"),
    "dsql": words("get_cluster get_stream"),
    "dynamodb": words(
        "describe_bulk_operation describe_contributor_insights describe_export describe_import "
        "describe_kinesis_streaming_destination describe_table"
    ),
    "ec2": words(
        "describe_bundle_tasks describe_conversion_tasks describe_customer_gateways "
        "describe_export_tasks describe_image_usage_reports describe_images "
        "describe_import_snapshot_tasks describe_instance_status describe_instances "
        "describe_internet_gateways describe_key_pairs describe_nat_gateways "
        "describe_network_interfaces describe_secondary_networks describe_secondary_subnets "
        "describe_security_group_vpc_associations describe_security_groups describe_snapshots "
        "describe_spot_instance_requests describe_store_image_tasks describe_subnets "
        "describe_volumes describe_vpc_peering_connections describe_vpcs describe_vpn_connections "
        "get_password_data"
    ),
    "ecr": words("describe_image_scan_findings get_lifecycle_policy_preview"),
    "ecs": words(
        "describe_daemon describe_daemon_deployments describe_daemon_task_definition "
        "describe_services describe_tasks"
    ),
    "eks": words(
        "describe_addon describe_cluster describe_fargate_profile describe_nodegroup "
        "describe_update"
    ),
    "elasticache": words("describe_cache_clusters describe_replication_groups"),
    "elasticbeanstalk": words("describe_environments"),
    "elb": words("describe_instance_health"),
    "elbv2": words("describe_load_balancers describe_target_health"),
    "elementalinference": words("get_feed"),
    "emr": words("describe_cluster describe_step"),
    "endusermessaging": words("get_brand_profile get_job"),
    "eventbridgev2": words("describe_event_bus"),
    "gameliftstreams": words("get_application get_stream_group get_stream_session"),
    "glacier": words("describe_vault"),
    "groundstation": words("describe_contact describe_contact_version"),
    "healthlake": words(
        "describe_data_transformation_job describe_fhir_datastore describe_fhir_export_job "
        "describe_fhir_import_job"
    ),
    "iam": words("get_instance_profile get_policy get_role get_user"),
    "imagebuilder": words("get_image"),
    "inspector2": words("list_connectors"),
    "interconnect": words("get_connection"),
    "iotsitewise": words("describe_asset describe_asset_model describe_portal"),
    "kinesis": words("describe_channel describe_stream"),
    "lambda": words("get_function get_function_configuration"),
    "lambda-core": words("get_runtime_alias get_runtime_version"),
    "lambda-web": words("get_web_function get_web_function_endpoint get_web_function_revision"),
    "lexv2-models": words(
        "describe_bot describe_bot_alias describe_bot_locale describe_bot_version describe_export "
        "describe_import"
    ),
    "location": words("get_job"),
    "machinelearning": words(
        "describe_batch_predictions describe_data_sources describe_evaluations describe_ml_models"
    ),
    "macie2": words("get_sensitive_data_occurrences"),
    "mediaconnect": words(
        "describe_flow get_destination_endpoint get_router_input get_router_output "
        "get_source_endpoint"
    ),
    "medialive": words(
        "describe_channel describe_channel_placement_group describe_cluster describe_input "
        "describe_multiplex describe_node get_signal_map"
    ),
    "mediapackagev2": words("get_harvest_job"),
    "neptune": words("describe_db_instances"),
    "neptune-graph": words(
        "get_export_task get_graph get_graph_snapshot get_import_task get_private_graph_endpoint"
    ),
    "network-firewall": words("describe_firewall_policy"),
    "omics": words(
        "get_annotation_import_job get_annotation_store get_annotation_store_version "
        "get_read_set_activation_job get_read_set_export_job get_read_set_import_job "
        "get_reference_import_job get_run get_run_task get_variant_import_job get_variant_store "
        "get_workflow get_workflow_version"
    ),
    "opensearchmemory": words("get_space"),
    "proton": words(
        "get_component get_environment get_environment_template_version get_service "
        "get_service_instance get_service_template_version"
    ),
    "rds": words(
        "describe_db_cluster_snapshots describe_db_clusters describe_db_instances "
        "describe_db_snapshots describe_tenant_databases"
    ),
    "redshift": words("describe_cluster_snapshots describe_clusters"),
    "rekognition": words("describe_project_versions"),
    "repostspace": words("get_channel get_space"),
    "resiliencehubv2": words("get_service list_failure_mode_assessments list_reports"),
    "route53": words("get_change"),
    "route53-recovery-control-config": words(
        "describe_cluster describe_control_panel describe_routing_control"
    ),
    "rtbfabric": words(
        "get_certificate_association get_inbound_external_link get_link get_link_routing_rule "
        "get_outbound_external_link get_requester_gateway get_responder_gateway"
    ),
    "s3": words("head_bucket head_object"),
    "sagemaker": words(
        "describe_endpoint describe_image describe_image_version describe_notebook_instance "
        "describe_processing_job describe_training_job describe_transform_job"
    ),
    "schemas": words("describe_code_binding"),
    "ses": words("get_identity_verification_attributes"),
    "signer": words("describe_signing_job"),
    "simpledbv2": words("get_export"),
    "ssm": words("get_command_invocation"),
    "ssm-incidents": words("get_replication_set"),
    "transcribe": words(
        "describe_language_model get_call_analytics_job get_medical_scribe_job "
        "get_medical_transcription_job get_medical_vocabulary get_transcription_job get_vocabulary"
    ),
    "transfer": words("describe_server"),
    "wellarchitected": words("get_agent_organizational_report"),
}
"""Calls that a waiter polls, by the service as boto3 names it."""
