package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// minikube's names, so that manifests written for its class "standard" find the same here.
const (
	provisionerName    = "k8s.io/minikube-hostpath"
	provisionedBy      = "airflow-kubernetes/provisioned-by"
	defaultVolumesRoot = "/tmp/hostpath-provisioner"
)

// hostPathProvisioner gives every claim a directory of the node, as minikube's storage-provisioner does.
type hostPathProvisioner struct {
	root string
}

func (p hostPathProvisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	if claim.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, errors.New("claims with a selector are not supported: remove spec.selector or use a static volume")
	}
	if claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode == core.PersistentVolumeBlock {
		return nil, controller.ProvisioningFinished, errors.New("block volumes are not supported: use volumeMode Filesystem")
	}
	path := filepath.Join(p.root, claim.Namespace, claim.Name)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// The umask took bits away; pods of any uid must be able to write.
	if err := os.Chmod(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{
			Name:        options.PVName,
			Annotations: map[string]string{provisionedBy: provisionerName},
		},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			MountOptions:                  options.StorageClass.MountOptions,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource:        core.PersistentVolumeSource{HostPath: &core.HostPathVolumeSource{Path: path}},
		},
	}, controller.ProvisioningFinished, nil
}

func (p hostPathProvisioner) Delete(_ context.Context, volume *core.PersistentVolume) error {
	if volume.Annotations[provisionedBy] != provisionerName || volume.Spec.HostPath == nil {
		return &controller.IgnoredError{Reason: "made by another provisioner"}
	}
	path := filepath.Clean(volume.Spec.HostPath.Path)
	// The path comes from an object that others may edit: never remove anything outside the own root.
	if inside, err := filepath.Rel(p.root, path); err != nil || inside == "." || strings.HasPrefix(inside, "..") {
		return fmt.Errorf("volume %s lies at %s, which is not under %s: not removed", volume.Name, path, p.root)
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	// The namespace's folder goes with its last volume.
	if err := os.Remove(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		klog.V(4).InfoS("Namespace folder stays", "path", filepath.Dir(path), "reason", err)
	}
	return nil
}

func newStorageProvisionerCommand() *cobra.Command {
	var kubeconfig, root string
	command := &cobra.Command{
		Use:          "storage-provisioner",
		Short:        "Gives claims of the class that names " + provisionerName + " a directory of this node",
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			controller.NewProvisionController(
				command.Context(),
				client,
				provisionerName,
				hostPathProvisioner{root: filepath.Clean(root)},
				controller.LeaderElection(false),
			).Run(command.Context())
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	command.Flags().StringVar(&root, "root", defaultVolumesRoot, "directory under which <namespace>/<claim> is made")
	return command
}
