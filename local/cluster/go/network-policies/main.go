// The enforcement of NetworkPolicies on the local cluster's node, by the library of kube-network-policies: the kernel hands the
// first packet of each of the pods' connections to this program, and it says whether it may pass. Its own command takes no
// kubeconfig. Where nftables know no queues, it says in its log that it cannot make its rules, and local/cluster has made some.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func main() {
	klog.InitFlags(nil)
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	node := flag.String("hostname-override", "", "name of the node")
	queue := flag.Int("nfqueue-id", 100, "number of the queue that the kernel hands packets over by")
	table := flag.String("table", "kube-network-policies", "name of the nftables table that is made where the kernel's nftables know queues")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, *kubeconfig, networkpolicy.Config{
		// While this program is not there, pods are not cut off.
		FailOpen:    true,
		QueueID:     *queue,
		NodeName:    *node,
		NFTableName: *table,
		// Before Linux 6.12 two requests for names at once lost one of them.
		NetfilterBug1766Fix: true,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig string, settings networkpolicy.Config) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	objects := informers.NewSharedInformerFactory(client, 0)
	controller, err := networkpolicy.NewController(
		client,
		objects.Networking().V1().NetworkPolicies(),
		objects.Core().V1().Namespaces(),
		objects.Core().V1().Pods(),
		// What follows is for policies of administrators, which are no part of Kubernetes itself.
		nil, nil, nil, nil,
		settings,
	)
	if err != nil {
		return err
	}
	objects.Start(ctx.Done())
	return controller.Run(ctx)
}
